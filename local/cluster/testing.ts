import { readFileSync } from "node:fs";
import { KubeConfig, type V1Pod } from "@kubernetes/client-node";
import { clientsOf, watchUntil, type Clients } from "./contract/clients.ts";
import { startLocalCluster, type LocalCluster, type LocalClusterOptions } from "./cluster.ts";

/** Delays of a few milliseconds: tests wait for events, not for time to pass. */
const quickDelays = { scheduledAfterMs: 1, runningAfterMs: 3, readyAfterMs: 6, goneAfterMs: 2 };

const manifest = new URL("../../infra/kubernetes/base/custom-resources.yaml", import.meta.url);
/** The definitions that the recorded server had. */
export const customResources = readFileSync(manifest, "utf8");

export interface Stage extends Clients {
  cluster: LocalCluster;
}

export const namespace = "desktops";

export function clientsFor(cluster: Pick<LocalCluster, "kubeconfig">): Clients {
  const config = new KubeConfig();
  config.loadFromString(cluster.kubeconfig);
  return clientsOf(config, namespace);
}

/** Starts a fast cluster with the namespace `desktops`. */
export async function startStage(options: Partial<LocalClusterOptions> = {}): Promise<Stage> {
  const cluster = await startLocalCluster({ store: ":memory:", customResources, podDelays: quickDelays, ...options });
  const clients = clientsFor(cluster);
  const present = await clients.core.listNamespace({ fieldSelector: `metadata.name=${namespace}` });
  if (present.items.length === 0) await clients.core.createNamespace({ body: { metadata: { name: namespace } } });
  return { ...clients, cluster };
}

export const podPath = `/api/v1/namespaces/${namespace}/pods`;

/** Waits until a pod of the app fits, and returns it. */
export async function podOf(clients: Clients, app: string, looks: (pod: V1Pod) => boolean): Promise<V1Pod> {
  const query = { labelSelector: `app=${app}` };
  const events = await watchUntil<V1Pod>(
    clients,
    podPath,
    query,
    ({ type, object }) => type !== "DELETED" && looks(object),
  );
  const pod = events.at(-1)?.object;
  if (pod === undefined) throw new Error(`watch pods of ${app}: none was seen`);
  return pod;
}

export const isReady = (pod: V1Pod): boolean =>
  pod.status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True") ?? false;

export const waitingReason = (pod: V1Pod): string | undefined =>
  pod.status?.containerStatuses?.[0]?.state?.waiting?.reason;
