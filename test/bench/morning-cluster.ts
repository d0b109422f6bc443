import { AppsV1Api, type KubeConfig, KubernetesObjectApi, type V1Deployment, Watch } from "@kubernetes/client-node";
import pg from "pg";
import { usernameLabel } from "../../shared/kubernetes/labels.ts";
import type { FreshProduct } from "./fresh-product.ts";
import type { Arrival } from "./morning-people.ts";

const namespace = "guacamole";
const custom = { apiVersion: "xlscsde.nhs.uk/v1" };
const validity = { availableFrom: "2020-01-01", expires: "2099-12-31" };

/** Writes the workspaces, and a binding for each person as the platform does, with its label. */
export async function openWorkspaces(
  kubeconfig: KubeConfig,
  workspaces: readonly string[],
  people: readonly Arrival[],
): Promise<void> {
  const objects = KubernetesObjectApi.makeApiClient(kubeconfig);
  const create = (object: object) => objects.create(object);
  for (const name of workspaces) {
    const spec = { displayName: name, description: name, validity, virtualMachineWorkspace: { maxHosts: 100 } };
    await create({ ...custom, kind: "AnalyticsWorkspace", metadata: { name, namespace }, spec });
  }
  for (const { username, workspace } of people) {
    const labels = { "xlscsde.nhs.uk/username": usernameLabel(username) };
    const metadata = { name: `${workspace}-${username}`, namespace, labels };
    const spec = { workspace, username, expires: "2099-12-31" };
    await create({ ...custom, kind: "AnalyticsWorkspaceBinding", metadata, spec });
  }
}

export interface Starts {
  /** The most desktops that were not ready at the same time. */
  mostAtOnce: number;
  /** When each person's Deployment was created, in milliseconds of the epoch; the first to be created comes first. */
  begun: Map<string, number>;
}

/** Watches the desktops that are being started. */
export async function watchStarts(kubeconfig: KubeConfig): Promise<{ seen: () => Starts; close: () => void }> {
  const starting = new Set<string>();
  const known = new Set<string>();
  const starts: Starts = { mostAtOnce: 0, begun: new Map() };
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments`;
  const watch = await new Watch(kubeconfig).watch(
    path,
    {},
    (type: string, { metadata, spec, status }: V1Deployment) => {
      const name = metadata?.name ?? "";
      if (!known.has(name)) {
        known.add(name);
        starts.begun.set(metadata?.annotations?.["xlscsde.nhs.uk/username"] ?? name, Date.now());
      }
      const isStarting = type !== "DELETED" && (spec?.replicas ?? 1) > 0 && !(status?.readyReplicas ?? 0);
      if (isStarting) starting.add(name);
      else starting.delete(name);
      starts.mostAtOnce = Math.max(starts.mostAtOnce, starting.size);
    },
    () => undefined,
  );
  return {
    seen: () => starts,
    close: () => {
      watch.abort();
    },
  };
}

/** How many desktops each person has in the end: Deployments that run, and connections that they may open. */
export async function countDesktops({ kubeconfig, databaseUrl }: FreshProduct): Promise<Map<string, [number, number]>> {
  const counts = new Map<string, [number, number]>();
  const count = (person: string, which: 0 | 1) => {
    const found = counts.get(person) ?? [0, 0];
    found[which] += 1;
    counts.set(person, found);
  };
  const { items } = await kubeconfig.makeApiClient(AppsV1Api).listNamespacedDeployment({ namespace });
  for (const { metadata, spec } of items)
    if ((spec?.replicas ?? 1) > 0) count(metadata?.annotations?.["xlscsde.nhs.uk/username"] ?? "", 0);
  const database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  try {
    const { rows } = await database.query<{ name: string }>(
      `SELECT entity.name FROM guacamole_connection_permission permission
       JOIN guacamole_entity entity ON entity.entity_id = permission.entity_id
       WHERE permission.permission = 'READ' AND entity.name LIKE '%@person-%'`,
    );
    for (const { name } of rows) count(name.split("@")[1] ?? "", 1);
  } finally {
    await database.end();
  }
  return counts;
}
