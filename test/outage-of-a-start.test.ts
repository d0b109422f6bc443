import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { AppsV1Api, KubeConfig } from "@kubernetes/client-node";
import { type LocalCluster, startLocalCluster } from "@stand-in/cluster";
import { customResources } from "../local/custom-resources.ts";
import type { ActivityName } from "../shared/desktop/activities.ts";
import { bind, openWorkspace } from "./bound-people.ts";
import { deploymentName } from "../shared/desktop/names.ts";
import { namespace, startTestEstate, type TestEstate } from "./estate.ts";
import { interruptible } from "./outages.ts";

/** The API server goes away while a desktop starts, for longer than the retries of an activity. */
let cluster: LocalCluster;
let admin: KubeConfig;
let way: Awaited<ReturnType<typeof interruptible>>;
let estate: TestEstate;

beforeAll(async () => {
  // The task hub's retries take no time: the circuit's time passes when the outage ends.
  vi.useFakeTimers({ toFake: ["performance"], shouldAdvanceTime: true });
  cluster = await startLocalCluster({ customResources, store: ":memory:" });
  admin = new KubeConfig();
  admin.loadFromString(cluster.kubeconfig);
  way = await interruptible(admin);
  estate = await startTestEstate({ admin, product: way.kubeconfig });
});
afterAll(async () => {
  await estate.close();
  await way.close();
  await cluster.close();
  vi.useRealTimers();
});
afterEach(async () => {
  estate.mend();
  await way.end();
  await estate.ask("alice", null);
});

const steps = ["checkEntitlement", "createParts", "createDeployment", "waitReady", "recordActive"] as const;
/** An activity is tried four times, and then the step again. */
const attempts = 10;

it.each(steps.map((step, index) => [step, `study-${index}`] as const))(
  "an outage that begins with %s and outlasts its retries fails no start, and undoes nothing",
  async (step, workspace) => {
    await openWorkspace(estate, workspace);
    await bind(estate, "alice", workspace);
    const performed: ActivityName[] = [];
    let failed = 0;
    estate.faults.beforeActivity = async ({ name }) => {
      performed.push(name as ActivityName);
      if (name !== step) return;
      failed += 1;
      if (failed === 1) await way.begin();
      if (failed <= attempts) return;
      await way.end();
      vi.advanceTimersByTime(1_000);
    };
    expect(await estate.ask("alice", workspace)).toMatchObject({ state: "done" });
    expect(failed).toBeGreaterThan(attempts);
    expect(performed.filter((name) => /^(delete|remove|restore|revoke|scale)/.test(name))).toEqual([]);
  },
);

it("a start goes on whose Deployment gave up while the API server was away for longer than its deadline", async () => {
  const workspace = "study-late";
  const deployment = deploymentName({ workspace, username: "alice" });
  await openWorkspace(estate, workspace);
  await bind(estate, "alice", workspace);
  cluster.setFault({ namespace, deployment }, "never-ready");
  let looks = 0;
  estate.faults.beforeActivity = async ({ name }) => {
    if (name !== "waitReady") return;
    looks += 1;
    if (looks === 1) {
      await way.begin();
      await giveUp(deployment);
    }
    if (looks === attempts) {
      await way.end();
      vi.advanceTimersByTime(1_000);
    }
    // It was seen not ready after the outage.
    if (looks === attempts + 2) cluster.setFault({ namespace, deployment }, null);
  };
  expect(await estate.ask("alice", workspace)).toMatchObject({ state: "done" });
  expect(looks).toBeGreaterThan(attempts + 1);
});

/** What a Deployment's controller writes at the end of `progressDeadlineSeconds` (kubernetes v1.36.0, deployment/progress.go). */
async function giveUp(name: string): Promise<void> {
  const apps = admin.makeApiClient(AppsV1Api);
  const found = await apps.readNamespacedDeployment({ name, namespace });
  const lastUpdateTime = new Date(Date.now() + 1_000);
  const message = `ReplicaSet "${name}-1" has timed out progressing.`;
  const given = { type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded", message, lastUpdateTime };
  const others = found.status?.conditions?.filter(({ type }) => type !== "Progressing") ?? [];
  (found.status ??= {}).conditions = [...others, given];
  await apps.replaceNamespacedDeploymentStatus({ name, namespace, body: found });
}
