import { CoreV1Api, KubeConfig, type V1ContainerState, type V1Pod } from "@kubernetes/client-node";
import { expect, it } from "vitest";
import { startLocalCluster } from "@stand-in/cluster";
import { customResources } from "../../local/custom-resources.ts";
import { type Cluster, clusterOf } from "./cluster.ts";
import { guacamoleInstancesIn } from "./guacamole-instances.ts";

const labels = { app: "guacamole", tier: "web" };

function instances(list: () => Promise<V1Pod[]>) {
  return guacamoleInstancesIn({ list } as unknown as Cluster, "guacamole", labels);
}

const running = (time: string): V1ContainerState => ({ running: { startedAt: new Date(`2026-06-15T${time}:00Z`) } });
const waiting: V1ContainerState = { waiting: { reason: "CrashLoopBackOff" } };
const terminated: V1ContainerState = {
  terminated: { exitCode: 0, startedAt: new Date("2026-06-15T06:00:00Z") },
};

function pod(...states: V1ContainerState[]): V1Pod {
  const container = { name: "guacamole", image: "", imageID: "", ready: true, restartCount: 0 };
  return { status: { phase: "Running", containerStatuses: states.map((state) => ({ ...container, state })) } };
}

it.each<[string, V1Pod[], string | null]>([
  ["is its container's", [pod(running("09:00"))], "09:00"],
  ["is the oldest pod's of several", [pod(running("09:00")), pod(running("08:00")), pod(running("10:00"))], "08:00"],
  ["is that of the earliest of a pod's containers", [pod(running("09:00"), running("07:30"))], "07:30"],
  ["is also that of a pod on its way out", [leaving(pod(running("08:00"))), pod(running("09:00"))], "08:00"],
  ["leaves out what has ended or waits", [pod(terminated, running("09:00")), pod(waiting), pod(terminated)], "09:00"],
  ["leaves out a pod that no node has yet", [{ status: { phase: "Pending" } }, pod(running("09:00"))], "09:00"],
  ["is unknown without a pod", [], null],
  ["is unknown where none runs", [pod(waiting), pod(terminated), {}], null],
  ["is unknown where a running container does not say since when", [pod(running("09:00")), pod({ running: {} })], null],
  ["is unknown where a running pod tells nothing of its containers", [pod(running("09:00")), pod()], null],
])("the oldest instance's start %s", async (_, pods, time) => {
  const start = await instances(() => Promise.resolve(pods)).oldestStart();
  expect(start).toBe(time === null ? null : `2026-06-15T${time}:00.000Z`);
});

it("a cluster that does not answer is an error, in its own words", async () => {
  const failure = new Error("list Pod: the API server does not answer");
  await expect(instances(() => Promise.reject(failure)).oldestStart()).rejects.toBe(failure);
});

it("only pods with all the labels are looked at, as the cluster reports them", async () => {
  const server = await startLocalCluster({
    customResources,
    store: ":memory:",
    podDelays: { scheduledAfterMs: 1, runningAfterMs: 2, readyAfterMs: 3 },
  });
  try {
    const config = new KubeConfig();
    config.loadFromString(server.kubeconfig);
    const core = config.makeApiClient(CoreV1Api);
    const namespace = "guacamole";
    await core.createNamespace({ body: { metadata: { name: namespace } } });
    const start = async (name: string, own: Record<string, string>) => {
      const spec = { containers: [{ name, image: "example.org/guacamole:1" }] };
      await core.createNamespacedPod({ namespace, body: { metadata: { name, labels: own }, spec } });
      return expect
        .poll(
          async () =>
            (await core.readNamespacedPod({ namespace, name })).status?.containerStatuses?.[0]?.state?.running,
          { timeout: 60_000 },
        )
        .toBeDefined();
    };
    const guacamole = guacamoleInstancesIn(clusterOf(config), namespace, labels);
    await start("another", { app: "guacamole" });
    expect(await guacamole.oldestStart()).toBeNull();
    await start("guacamole", labels);
    const seen = await core.readNamespacedPod({ namespace, name: "guacamole" });
    const startedAt = seen.status?.containerStatuses?.[0]?.state?.running?.startedAt;
    expect(await guacamole.oldestStart()).toBe(new Date(startedAt ?? NaN).toISOString());
  } finally {
    await server.close();
  }
});

function leaving(on: V1Pod): V1Pod {
  return { ...on, metadata: { deletionTimestamp: new Date("2026-06-15T11:00:00Z") } };
}
