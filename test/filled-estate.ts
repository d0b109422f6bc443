import { randomUUID } from "node:crypto";
import {
  CustomObjectsApi,
  type KubernetesObject,
  KubernetesObjectApi,
  PatchStrategy,
  setHeaderOptions,
} from "@kubernetes/client-node";
import { type DesktopKey, nameDesktop, personId } from "../shared/desktop/names.ts";
import { parseOperationId } from "../shared/person/operation.ts";
import { connectDatabase } from "../shared/guacamole/database.ts";
import { guacamoleDesktopsIn } from "../shared/guacamole/desktops.ts";
import { askFor, endOf, openWorkspace } from "./bound-people.ts";
import { namespace, type TestEstate } from "./estate.ts";
import { samplePlan, sampleRules } from "./sample-plan.ts";
import { scaledWorld } from "./scaled-world.ts";

/** Of each kind, what a desktop and its person have one of. */
const kinds = [
  ["v1", "Secret"],
  ["v1", "Service"],
  ["networking.k8s.io/v1", "NetworkPolicy"],
  ["xlscsde.nhs.uk/v1", "AnalyticsWorkspaceBinding"],
  ["v1", "ConfigMap"],
  ["apps/v1", "Deployment"],
] as const;

const model = { username: "themodel", workspace: "the-cohort" };
const workspaces = Array.from({ length: 10 }, (_, index) => `cohort-${index}`);
const atATime = 20;

type Stored = KubernetesObject & { status?: object };

/**
 * Fills an estate with desktops that run, each a copy of one that the product has brought up.
 *
 * @param databaseUrl for the product's role
 */
export async function filling(estate: TestEstate, databaseUrl: string) {
  for (const workspace of [model.workspace, ...workspaces]) await openWorkspace(estate, workspace);
  await scaledWorld(estate).bind("binding-of-themodel", model.username, model.workspace);
  const ended = await endOf(estate, await askFor(estate, model.username, model.workspace));
  if (ended.state !== "done") throw new Error(`bring up the model: ${JSON.stringify(ended)}`);
  const { request = "" } = parseOperationId(ended.id) ?? {};

  const objects = KubernetesObjectApi.makeApiClient(estate.kubeconfig);
  const models = await Promise.all(
    kinds.map(async ([apiVersion, kind]) => {
      const { items } = await objects.list<Stored>(apiVersion, kind, namespace);
      const its = items.find((each) => JSON.stringify(each).includes(model.username));
      if (!its) throw new Error(`the model has no ${kind}`);
      const { name = "", labels = {}, annotations = {} } = its.metadata ?? {};
      return { ...its, apiVersion, kind, metadata: { name, namespace, labels, annotations } };
    }),
  );

  async function copy(index: number, guacamole: ReturnType<typeof guacamoleDesktopsIn>): Promise<void> {
    const key = { workspace: workspaces[index % workspaces.length] ?? "", username: `person${index}` };
    const plan = samplePlan({ ...key, until: "2099-12-31" });
    await guacamole.writeConnection(plan, "a password of the model");
    await guacamole.grantPermission(plan.names);
    for (const each of models) {
      const { status, ...object } = renamed(each, model, key, request);
      await objects.create(object);
      if (object.kind === "AnalyticsWorkspaceBinding") await writeStatus(estate, object, status ?? {});
    }
  }

  let filled = 0;
  return {
    /** Adds desktops until there are so many copies. */
    async upTo(size: number): Promise<void> {
      const database = connectDatabase({ url: databaseUrl });
      const guacamole = guacamoleDesktopsIn(database, sampleRules, "Europe/London");
      while (filled < size) {
        const some = Array.from({ length: Math.min(atATime, size - filled) }, (_, index) => filled + index);
        await Promise.all(some.map((index) => copy(index, guacamole)));
        filled += some.length;
      }
      await database.close();
    },
  };
}

/** The same object of another desktop and person. */
function renamed(object: Stored, from: DesktopKey, to: DesktopKey, request: string): Stored {
  const [old, now] = [nameDesktop(from, sampleRules), nameDesktop(to, sampleRules)];
  const text = JSON.stringify(object)
    .replaceAll(old.deployment, now.deployment)
    .replaceAll(personId(from.username), personId(to.username))
    .replaceAll(request, randomUUID())
    .replaceAll(from.username, to.username)
    .replaceAll(from.workspace, to.workspace);
  return JSON.parse(text) as Stored;
}

async function writeStatus(estate: TestEstate, { metadata }: KubernetesObject, status: object): Promise<void> {
  const api = estate.kubeconfig.makeApiClient(CustomObjectsApi);
  const of = { group: "xlscsde.nhs.uk", version: "v1", namespace, plural: "analyticsworkspacebindings" };
  await api.patchNamespacedCustomObjectStatus(
    { ...of, name: metadata?.name ?? "", body: { status } },
    setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
  );
}
