import {
  CustomObjectsApi,
  type KubernetesObject,
  KubernetesObjectApi,
  PatchStrategy,
  setHeaderOptions,
} from "@kubernetes/client-node";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import type { Drift } from "../shared/lifecycle/drift.ts";
import { deploymentName, personId } from "../shared/desktop/names.ts";
import { bind, openWorkspace, writePolicy } from "./bound-people.ts";
import { namespace, startTestEstate, type TestEstate } from "./estate.ts";
import { leaveDesktop } from "./operator-leftovers.ts";

/**
 * One object in the cluster that is odd, of otto, who has a running desktop; and alice, bob and dora, of whom everything
 * must go on. What the API server refuses, such as a binding with a number for a name, cannot occur and is no row.
 */
const asthma = "asthma-cohort";
const odd = "odd-place";
const ottos = deploymentName({ workspace: odd, username: "otto" });
const custom = { apiVersion: "xlscsde.nhs.uk/v1" };
const our = "guacamole-workspaces";
const key = (name: string) => `xlscsde.nhs.uk/${name}`;
const long = "x".repeat(200_000);

let estate: TestEstate;
let objects: KubernetesObjectApi;

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["Date"], shouldAdvanceTime: true });
  estate = await startTestEstate();
  objects = KubernetesObjectApi.makeApiClient(estate.kubeconfig);
  for (const username of ["alice", "bob", "otto"]) await bind(estate, username, asthma);
  await bind(estate, "dora", "cancer-registry");
  await leaveDesktop(estate, { workspace: "cancer-registry", username: "dora", replicas: 1 });
});
afterAll(async () => {
  await estate.close();
  vi.useRealTimers();
});

type Manifest = KubernetesObject & Record<string, unknown>;
const named = (apiVersion: string, kind: string, name: string, more: object = {}): Manifest => ({
  apiVersion,
  kind,
  ...more,
  metadata: { name, namespace, ...((more as { metadata?: object }).metadata ?? {}) },
});
const workspace = (more: object) => named(custom.apiVersion, "AnalyticsWorkspace", odd, more);
const binding = (more: object) => named(custom.apiVersion, "AnalyticsWorkspaceBinding", `${odd}-otto`, more);
const deployment = (more: object) => named("apps/v1", "Deployment", ottos, more);
const service = (more: object) => named("v1", "Service", `client-${ottos}`, more);
const policy = (more: object) => named("networking.k8s.io/v1", "NetworkPolicy", `client-${ottos}`, more);
const secret = (more: object) => named("v1", "Secret", `client-${ottos}`, more);
const record = (more: object) => named("v1", "ConfigMap", `desktop-request-${personId("otto")}`, more);
const annotated = (annotations: Record<string, string | null>) => ({ metadata: { annotations } });
const labelled = (labels: Record<string, string | null>) => ({ metadata: { labels } });
const patched = (object: Manifest) => () =>
  objects.patch(object, undefined, undefined, "somebody", undefined, PatchStrategy.MergePatch);
const ofStatus = (status: object) => () =>
  estate.kubeconfig.makeApiClient(CustomObjectsApi).patchNamespacedCustomObjectStatus(
    {
      ...{ group: "xlscsde.nhs.uk", version: "v1", namespace, plural: "analyticsworkspacebindings" },
      name: `${odd}-otto`,
      body: { status },
    },
    setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
  );
const extras: Manifest[] = [];
const made = (object: Manifest) => async () => {
  await objects.create(object);
  extras.push(object);
};

/** Another Deployment, which says that it is ours. */
const stray = (name: string, metadata: object = {}) =>
  named("apps/v1", "Deployment", name, {
    metadata: { labels: { [key("purpose")]: "workspace-client", [key("managedBy")]: our }, ...metadata },
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: "stray" } },
      template: { metadata: { labels: { app: "stray" } }, spec: { containers: [{ name: "a", image: "b" }] } },
    },
  });
const strayBinding = (name: string, spec: object, metadata: object = {}) =>
  named(custom.apiVersion, "AnalyticsWorkspaceBinding", name, { metadata, spec: { expires: "2099-12-31", ...spec } });

interface Odd {
  /** In words, after "an odd object: ". */
  what: string;
  make: () => Promise<unknown>;
  /** How it is named in the list of desktops and in health; nothing if it is not worth a word. */
  told?: RegExp;
}

const rows: Odd[] = [
  {
    what: "an empty policy annotation",
    make: patched(workspace(annotated({ [key("desktop-policy")]: "" }))),
    told: /AnalyticsWorkspace odd-place: its annotation .*desktop-policy does not hold the name of a ConfigMap/,
  },
  {
    what: "a policy annotation of 200 kB",
    make: patched(workspace(annotated({ [key("desktop-policy")]: long }))),
    told: /AnalyticsWorkspace odd-place: its annotation .*desktop-policy does not hold the name of a ConfigMap/,
  },
  {
    what: "a policy annotation that is another path",
    make: patched(workspace(annotated({ [key("desktop-policy")]: "../secrets/tokens" }))),
    told: /AnalyticsWorkspace odd-place: its annotation .*desktop-policy does not hold the name of a ConfigMap/,
  },
  {
    what: "a policy that is not there",
    make: patched(workspace(annotated({ [key("desktop-policy")]: "nothing" }))),
  },
  {
    what: "a policy with fields that are none",
    make: async () => {
      await writePolicy(estate, "broken", { image: "", __proto__: "x", cpuLimit: "lots", constructor: "x" });
      await patched(workspace(annotated({ [key("desktop-policy")]: "broken" })))();
    },
  },
  {
    what: "a policy of bytes",
    make: async () => {
      await made(named("v1", "ConfigMap", "bytes", { binaryData: { image: "AAAA" } }))();
      await patched(workspace(annotated({ [key("desktop-policy")]: "bytes" })))();
    },
  },
  {
    what: "texts of 200 kB",
    make: patched(workspace({ spec: { displayName: long, description: long } })),
    told: /AnalyticsWorkspace odd-place: spec.displayName: Too big/,
  },
  {
    what: "an empty deploymentName",
    make: ofStatus({ deploymentName: "" }),
    told: /odd-place-otto: status.deploymentName/,
  },
  {
    what: "a deploymentName that is another path",
    make: ofStatus({ deploymentName: "../x" }),
    told: /odd-place-otto: status.deploymentName/,
  },
  {
    what: "a deploymentName of 253 letters",
    make: ofStatus({ deploymentName: "d".repeat(253) }),
    told: /odd-place-otto: status.deploymentName/,
  },
  { what: "a status of odd texts", make: ofStatus({ statusText: long, lastActiveCheck: "yesterday", replicas: 7 }) },
  {
    what: "a scale that was seen as no number",
    make: patched(binding(annotated({ [key("replicas-seen")]: "many" }))),
    told: /odd-place-otto: its annotation .*replicas-seen is not a number/,
  },
  {
    what: "a scaling noticed at no time",
    make: patched(binding(annotated({ [key("scaling-noticed")]: "1 yesterday" }))),
  },
  { what: "a refusal that is no JSON", make: patched(binding(annotated({ [key("scaling-refused")]: "{" }))) },
  {
    what: "a binding of an empty name",
    make: made(strayBinding("odd-1", { workspace: asthma, username: "" })),
    told: /AnalyticsWorkspaceBinding odd-1: spec.username/,
  },
  { what: "a binding to an empty workspace", make: made(strayBinding("odd-2", { workspace: "", username: "otto" })) },
  { what: "a binding to nothing that exists", make: made(strayBinding("odd-3", { workspace: long, username: long })) },
  {
    what: "a binding with a null byte",
    make: made(strayBinding("odd-4", { workspace: odd, username: "ot\0to", replicas: 1 })),
  },
  { what: "a binding by no claims", make: made(strayBinding("odd-5", { workspace: asthma, claims: [] })) },
  {
    what: "a binding that others scaled, of somebody whose name is none",
    make: made(strayBinding("odd-6", { workspace: odd, username: "Otto Ö/../", replicas: 1 })),
  },
  { what: "a binding of 253 letters", make: made(strayBinding("b".repeat(253), { workspace: odd, username: "otto" })) },
  {
    what: "a Deployment that does not say whose it is",
    make: patched(deployment(annotated({ [key("workspace")]: null, [key("username")]: null }))),
    told: new RegExp(`Deployment ${ottos}: .*do not say whose desktop it is`),
  },
  {
    what: "a Deployment of nobody",
    make: patched(deployment(annotated({ [key("username")]: "" }))),
    told: new RegExp(`Deployment ${ottos}: .*do not say whose desktop it is`),
  },
  {
    what: "a Deployment without labels",
    make: patched(
      deployment(
        labelled(
          Object.fromEntries(["purpose", "managedBy", "person", "deployment-name"].map((each) => [key(each), null])),
        ),
      ),
    ),
  },
  {
    what: "a Deployment with a null byte in its person's name",
    make: patched(deployment(annotated({ [key("username")]: "ot\0to" }))),
    told: new RegExp(`Deployment ${ottos}: .*do not say whose desktop it is`),
  },
  {
    what: "a Deployment of somebody whose name is none",
    make: patched(deployment(annotated({ [key("username")]: "Otto Ö/../" }))),
  },
  {
    what: "a Deployment that was started yesterday",
    make: patched(deployment(annotated({ [key("started-at")]: "yesterday" }))),
    told: new RegExp(`Deployment ${ottos}: its annotation .*started-at is not a time`),
  },
  ...["-271821-04-20T00:00:00Z", "0000-01-01T00:00:00Z", "+275760-09-12T23:59:59Z"].map((time) => ({
    what: `a Deployment that was started in ${time}`,
    make: patched(deployment(annotated({ [key("started-at")]: time }))),
    told: new RegExp(`Deployment ${ottos}: its annotation .*started-at is not a time`),
  })),
  {
    what: "a Deployment with an empty binding",
    make: patched(deployment(annotated({ [key("binding")]: "" }))),
    told: new RegExp(`Deployment ${ottos}: its annotation .*binding is not the name of a binding`),
  },
  { what: "a Deployment with 200 kB", make: patched(deployment(annotated({ [key("request")]: long }))) },
  {
    what: "a Deployment with a name of 253 letters",
    make: made(stray("d".repeat(253), annotated({ [key("workspace")]: odd, [key("username")]: "otto" }).metadata)),
    told: /Deployment d{253}: its name cannot be that of a desktop/,
  },
  {
    what: "a Deployment without annotations",
    make: made(stray("stray")),
    told: /Deployment stray: .*do not say whose desktop it is/,
  },
  { what: "a Service without ports", make: patched(service({ spec: { ports: null } })) },
  { what: "a Service of nobody", make: patched(service(annotated({ [key("username")]: "" }))) },
  { what: "a NetworkPolicy without rules", make: patched(policy({ spec: { ingress: null, egress: null } })) },
  { what: "a Secret without data", make: patched(secret({ data: null })) },
  { what: "a Secret with an empty password", make: patched(secret({ data: { password: "" } })) },
  { what: "a Secret with a null byte", make: patched(secret({ data: { password: "AAAA" } })) },
  {
    what: "a record that is no JSON",
    make: patched(record({ data: { request: "{" } })),
    told: new RegExp(`desktop-request-${personId("otto")} is damaged`),
  },
  {
    what: "a ConfigMap that looks like a record",
    make: made(named("v1", "ConfigMap", "no-record", labelled({ [key("purpose")]: "desktop-request" }))),
    told: /no-record is not ours/,
  },
];

interface Listed {
  desktops: { username: string; state: string }[];
  unanswered: string[];
}
interface Run {
  unanswered: string[];
  drifts: Drift[];
  due: { username: string }[];
  refused?: string;
}
const admin = <Body>(method: string, path: string, body?: unknown) => estate.call<Body>("olga", method, path, body);
const timer = async (name: string) => {
  await estate.host.trigger(name);
  await estate.host.whenIdle();
};
const shown = async (username: string) => (await estate.callAsService("GET", `/users/${username}/desktop`)).body;

beforeEach(async () => {
  await openWorkspace(estate, odd);
  await bind(estate, "otto", odd);
  expect(await estate.ask("alice", asthma)).toMatchObject({ state: "done" });
  const { body } = await estate.callAsService("PUT", "/users/otto/desktop", { workspace: odd });
  expect(await estate.end("olga", body)).toMatchObject({ state: "done" });
  estate.log.length = 0;
});
afterEach(async () => {
  for (const object of extras.splice(0)) await objects.delete(object).catch(() => undefined);
  for (const object of [workspace({}), binding({}), deployment({}), service({}), policy({}), secret({}), record({})])
    await objects.delete(object).catch(() => undefined);
  await estate.guacamole.query("DELETE FROM guacamole_connection_group WHERE connection_group_name = $1", [odd]);
  await estate.guacamole.query("DELETE FROM guacamole_entity WHERE name LIKE '%tto%'");
});

it.each(rows)("everything goes on for everybody else with an odd object: $what", async ({ make, told }) => {
  await make();

  // Lists and dry runs answer, and name it.
  const list = await admin<Listed>("GET", "/desktops");
  expect([list.status, list.body]).toMatchObject([200, {}]);
  expect(list.body.desktops).toContainEqual(expect.objectContaining({ username: "alice", state: "ready" }));
  const ready = await admin<{ damaged: string[]; odd: string[] }>("GET", "/health/ready");
  expect(ready).toMatchObject({ status: 200, body: { status: "ready", stuck: [] } });
  if (told) {
    expect(list.body.unanswered).toContainEqual(expect.stringMatching(told));
    expect([...ready.body.damaged, ...ready.body.odd]).toContainEqual(expect.stringMatching(told));
  } else expect(ready.body.odd).toEqual([]);
  const adoption = await admin("POST", "/maintenance/adopt?dryRun=true");
  expect(adoption).toMatchObject({ status: 200, body: { people: [{ username: "dora" }] } });

  // What people and the login flow ask.
  for (const [method, path, body] of [
    ["GET", "/users/alice/workspaces"],
    ["GET", "/users/alice/desktop"],
    ["PUT", "/users/alice/desktop", { workspace: asthma }],
    ["GET", "/users/otto/workspaces"],
  ] as const)
    expect([path, (await estate.callAsService(method, path, body)).status]).toEqual([path, 200]);

  for (const run of ["reap", "reconcile"]) {
    const look = await admin<Run>("POST", `/maintenance/${run}?dryRun=true`);
    expect([run, look]).toMatchObject([run, { status: 200 }]);
    expect([run, look.body.refused]).toEqual([run, undefined]);
    if (told) expect([run, look.body.unanswered]).toEqual([run, expect.arrayContaining([expect.stringMatching(told)])]);
  }

  // The timers: a choice by scaling, a repair, a check of bindings, and an idle desktop.
  await patched(named(custom.apiVersion, "AnalyticsWorkspaceBinding", `${asthma}-bob`, { spec: { replicas: 1 } }))();
  await timer("wakeForgotten");
  await timer("followScaling");
  expect(await shown("bob")).toMatchObject({ state: "ready" });
  await objects.delete(named("v1", "Service", `client-${deploymentName({ workspace: asthma, username: "alice" })}`));
  await timer("reconcileTimer");
  const { drifts } = (await admin<Run>("POST", "/maintenance/reconcile?dryRun=true")).body;
  expect(drifts.filter(({ username }) => username === "alice")).toEqual([]);
  await timer("upkeepTimer");
  const { runs } = (await admin<{ runs: Record<string, unknown> }>("GET", "/maintenance")).body;
  expect(runs["upkeep"]).toMatchObject({ summary: { failed: [] } });
  expect(await estate.ask("bob", null)).toMatchObject({ state: "done" });
  vi.setSystemTime(Date.now() + 24 * 60 * 60_000);
  const { due } = (await admin<Run>("POST", "/maintenance/reap?dryRun=true")).body;
  vi.setSystemTime(Date.now() - 24 * 60 * 60_000);
  expect(due).toContainEqual(expect.objectContaining({ username: "alice" }));
});
