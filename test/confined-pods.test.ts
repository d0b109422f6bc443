import { AppsV1Api, CoreV1Api, NetworkingV1Api } from "@kubernetes/client-node";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { applyDefaultDeny } from "../local/sample-estate.ts";
import { expectConfined } from "./confined.ts";
import { driftSettings, dryRun, reconcile } from "./drift.ts";
import { namespace, startTestEstate, type TestEstate } from "./estate.ts";
import { desktopOf, partOf, remove } from "./seeded-drift.ts";

/** A pod never outlives its network policy, whatever happens to the objects around it. */
let estate: TestEstate;
let apps: AppsV1Api;
let core: CoreV1Api;
const asthma = "asthma-cohort";
const desktop = desktopOf({ workspace: asthma, username: "alice" });
const name = desktop.names.deployment;

beforeAll(async () => {
  estate = await startTestEstate(undefined, driftSettings);
  apps = estate.kubeconfig.makeApiClient(AppsV1Api);
  core = estate.kubeconfig.makeApiClient(CoreV1Api);
});
afterAll(() => estate.close());

/** What went wrong at an activity is what was there then. */
const seen: unknown[] = [];
const look = () =>
  expectConfined(estate).catch((error: unknown) => {
    seen.push(error);
  });
function watched(broken: readonly string[] = []): void {
  estate.faults.beforeActivity = async ({ name: activity }) => {
    await look();
    if (broken.includes(activity)) throw new Error(`[step-failed] the test broke ${activity}`);
  };
  estate.faults.afterActivity = look;
}
beforeEach(() => {
  seen.length = 0;
  watched();
});
afterEach(async () => {
  estate.mend();
  const { body } = await estate.call("olga", "DELETE", "/users/alice");
  await estate.end("olga", body);
  expect(await left()).toEqual([]);
  expect(seen).toEqual([]);
});

const pods = async () => {
  const labelSelector = `xlscsde.nhs.uk/deployment-name=${name}`;
  return (await core.listNamespacedPod({ namespace, labelSelector })).items;
};
const left = async () => {
  const { objects } = await estate.world();
  return [
    ...Object.keys(objects).filter((each) => each.includes(name)),
    ...(await pods()).map(({ metadata }) => metadata?.name),
  ];
};
const orphan = async () => {
  await apps.deleteNamespacedDeployment({ namespace, name, body: { propagationPolicy: "Orphan" } });
  await expect.poll(() => apps.readNamespacedDeployment({ namespace, name }).catch(() => null)).toBeNull();
};

it("through a start, a switch, a suspension, another start and the end", async () => {
  for (const workspace of [asthma, "cancer-registry", asthma, null, asthma])
    expect(await estate.ask("alice", workspace)).toMatchObject({ state: "done" });
});

it("if its Deployment was deleted without it, and everything is removed", async () => {
  await estate.ask("alice", asthma);
  await orphan();
  expect(await pods()).toHaveLength(1);
});

it("if its Deployment was deleted without it, and reconcile removes what is left", async () => {
  await estate.ask("alice", asthma);
  await orphan();
  const { drifts } = await dryRun(estate);
  expect(drifts.map(({ kind }) => kind)).toContain("pod-alone");
  await reconcile(estate);
  expect(await left()).toEqual([]);
  expect((await dryRun(estate)).drifts).toEqual([]);
});

it("if only the pod is left: reconcile ends it", async () => {
  await estate.ask("alice", asthma);
  await orphan();
  estate.mend(); // now nothing confines it, which is what reconcile finds
  for (const part of ["networkPolicy", "service", "secret"] as const) await remove(estate, partOf(part, desktop));
  await estate.guacamole.query("DELETE FROM guacamole_connection WHERE connection_name = 'alice'");
  expect((await dryRun(estate)).drifts).toEqual([
    {
      kind: "pod-alone",
      workspace: asthma,
      username: "alice",
      reason: "a pod exists without its Deployment",
    },
  ]);
  await reconcile(estate);
  expect(await left()).toEqual([]);
});

it("if somebody else's pod has its label: that is left alone and reported, and the policy stays", async () => {
  await estate.ask("alice", asthma);
  const theirs = { name: "theirs", labels: { "xlscsde.nhs.uk/deployment-name": name } };
  const body = { metadata: theirs, spec: { containers: [{ name: "c", image: "example.org/theirs:1" }] } };
  await core.createNamespacedPod({ namespace, body });
  const { body: asked } = await estate.call("olga", "DELETE", "/users/alice");
  const ended = await estate.end("olga", asked);
  expect(JSON.stringify(ended)).toContain("confines a pod, which is theirs");
  expect(await left()).toEqual([`NetworkPolicy client-${name}`, "theirs"]);
  await core.deleteNamespacedPod({ namespace, name: "theirs" });
  await expect.poll(pods).toEqual([]);
});

it("if the undo of its Deployment fails: the policy stays, is reported, and goes with it later", async () => {
  watched(["waitReady", "removeDeployment"]);
  const ended = await estate.ask("alice", asthma);
  expect(ended).toMatchObject({ state: "failed", step: "readiness" });
  expect(JSON.stringify(ended)).toContain("credential and network: remove NetworkPolicy");
  expect(await left()).toContain(`NetworkPolicy client-${name}`);
  expect(await pods()).toHaveLength(1);
});

it("if a start is undone that found a suspended desktop without its policy", async () => {
  await estate.ask("alice", asthma);
  await estate.ask("alice", null);
  await expect.poll(pods).toEqual([]);
  await estate.kubeconfig
    .makeApiClient(NetworkingV1Api)
    .deleteNamespacedNetworkPolicy({ namespace, name: desktop.names.networkPolicy });
  watched(["grantPermission"]);
  expect(await estate.ask("alice", asthma)).toMatchObject({ state: "failed", leftBehind: [] });
  expect(await pods()).toEqual([]);
});

it("if its own policy is deleted: the namespace's default-deny confines it, and the product leaves that alone", async () => {
  await applyDefaultDeny(estate.kubeconfig, namespace);
  const networking = estate.kubeconfig.makeApiClient(NetworkingV1Api);
  const theirs = () => networking.readNamespacedNetworkPolicy({ namespace, name: "desktops-default-deny" });
  const { metadata, spec } = await theirs();
  expect([spec?.policyTypes, spec?.ingress ?? [], spec?.egress ?? []]).toEqual([["Ingress", "Egress"], [], []]);
  expect(await estate.ask("alice", asthma)).toMatchObject({ state: "done" });
  await networking.deleteNamespacedNetworkPolicy({ namespace, name: desktop.names.networkPolicy });
  await expectConfined(estate);
  expect((await dryRun(estate)).drifts.map(({ kind }) => kind)).toEqual(["network-policy"]);
  await reconcile(estate);
  expect((await dryRun(estate)).drifts).toEqual([]);
  const { body } = await estate.call("olga", "DELETE", "/users/alice");
  expect(await estate.end("olga", body)).toMatchObject({ state: "done" });
  expect((await theirs()).metadata?.resourceVersion).toBe(metadata?.resourceVersion);
  await networking.deleteNamespacedNetworkPolicy({ namespace, name: "desktops-default-deny" });
});
