import { type CoreV1Event, type V1Deployment, type V1Pod } from "@kubernetes/client-node";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { deploymentNamed, watchUntil } from "../contract/clients.ts";
import { isReady, namespace, podOf, startStage, waitingReason, type Stage } from "../testing.ts";

let on: Stage;
beforeEach(async () => {
  on = await startStage();
});
afterEach(() => on.cluster.close());

const create = (name: string, image = "example.org/desktop:1"): Promise<V1Deployment> => {
  const template = { metadata: { labels: { app: name } }, spec: { containers: [{ name: "desktop", image }] } };
  return on.apps.createNamespacedDeployment({ namespace, body: deploymentNamed(name, { replicas: 1, template }) });
};
const eventOf = async (reason: string, text: string): Promise<CoreV1Event | undefined> => {
  const path = `/api/v1/namespaces/${namespace}/events`;
  const says = ({ object }: { object: CoreV1Event }): boolean =>
    object.reason === reason && (object.message ?? "").includes(text);
  return (await watchUntil<CoreV1Event>(on, path, {}, says)).at(-1)?.object;
};

describe("a fault", () => {
  it("of the image pull ends in ImagePullBackOff with a real cluster's events, and can be repaired", async () => {
    on.cluster.setFault({ namespace, deployment: "desk" }, "image-pull");
    await create("desk");
    await podOf(on, "desk", (pod) => waitingReason(pod) === "ErrImagePull");
    const pod = await podOf(on, "desk", (each) => waitingReason(each) === "ImagePullBackOff");
    expect(pod.status?.phase).toBe("Pending");
    const image = "example.org/desktop:1";
    const why = `rpc error: code = NotFound desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found`;
    expect(pod.status?.containerStatuses?.[0]?.state?.waiting?.message).toBe(
      `Back-off pulling image "${image}": ErrImagePull: ${why}`,
    );
    expect((await eventOf("Failed", `Failed to pull image "${image}": ${why}`))?.type).toBe("Warning");
    on.cluster.setFault({ namespace, deployment: "desk" }, null);
    await podOf(on, "desk", isReady);
  });

  it("of the registry's network keeps the pod waiting, with the network's words, and can be repaired", async () => {
    on.cluster.setFault({ namespace, deployment: "desk" }, "registry-away");
    await create("desk");
    const pod = await podOf(on, "desk", (each) => waitingReason(each) === "ImagePullBackOff");
    expect(pod.status?.containerStatuses?.[0]?.state?.waiting?.message).toMatch(
      /Head "https:\/\/example.org\/v2\/desktop\/manifests\/1": dial tcp 192.0.2.9:443: connect: connection refused$/,
    );
    on.cluster.setFault({ namespace, deployment: "desk" }, null);
    await podOf(on, "desk", isReady);
  });

  it("of the kubelet's copy of a Secret keeps the pod waiting, and can be repaired", async () => {
    on.cluster.setFault({ namespace, deployment: "desk" }, "not-synced");
    await create("desk");
    const pod = await podOf(on, "desk", (each) => waitingReason(each) === "CreateContainerConfigError");
    expect(pod.status?.containerStatuses?.[0]?.state?.waiting?.message).toBe(
      "failed to sync secret cache: timed out waiting for the condition",
    );
    on.cluster.setFault({ namespace, deployment: "desk" }, null);
    await podOf(on, "desk", isReady);
  });

  it("of the node's memory evicts the pod, which stays, and another one is created", async () => {
    await create("desk");
    await podOf(on, "desk", isReady);
    on.cluster.setFault({ namespace, deployment: "desk" }, "evicted");
    const evicted = await podOf(on, "desk", (pod) => pod.status?.phase === "Failed");
    expect(evicted.status).toMatchObject({
      reason: "Evicted",
      message: expect.stringMatching(/^The node was low/) as string,
    });
    on.cluster.setFault({ namespace, deployment: "desk" }, null);
    await podOf(on, "desk", isReady);
    const { items } = await on.core.listNamespacedPod({ namespace, fieldSelector: "status.phase=Failed" });
    expect(items.map(({ metadata }) => metadata?.uid)).toContain(evicted.metadata?.uid);
  });

  it("of the node's network leaves a deleted pod, until it is repaired", async () => {
    await create("desk");
    const { metadata } = await podOf(on, "desk", isReady);
    on.cluster.setFault({ namespace, deployment: "desk" }, "node-lost");
    const name = metadata?.name ?? "";
    await on.core.deleteNamespacedPod({ namespace, name });
    // The next pod of the same set comes up meanwhile: a ReplicaSet waits for nothing.
    await podOf(on, "desk", (pod) => isReady(pod) && pod.metadata?.name !== name);
    expect((await on.core.readNamespacedPod({ namespace, name })).metadata?.deletionTimestamp).toBeDefined();
    on.cluster.setFault({ namespace, deployment: "desk" }, null);
    const gone = await watchUntil<V1Pod>(
      on,
      `/api/v1/namespaces/${namespace}/pods`,
      {},
      ({ type, object }) => type === "DELETED" && object.metadata?.name === name,
    );
    expect(gone.at(-1)?.object.metadata?.uid).toBe(metadata?.uid);
  });

  it("of scheduling leaves the pod without a node, and it becomes schedulable later", async () => {
    on.cluster.setFault({ namespace, deployment: "desk" }, "unschedulable");
    await create("desk");
    const pod = await podOf(on, "desk", (each) => each.status?.conditions?.[0]?.reason === "Unschedulable");
    expect(pod.spec?.nodeName).toBeUndefined();
    expect(pod.status?.conditions?.[0]).toMatchObject({ type: "PodScheduled", status: "False" });
    expect((await eventOf("FailedScheduling", "0/3 nodes are available: "))?.type).toBe("Warning");
    on.cluster.setFault({ namespace, deployment: "desk" }, null);
    await podOf(on, "desk", isReady);
  });

  it("of the container makes it crash in a loop, and it starts again when repaired", async () => {
    on.cluster.setFault({ namespace, deployment: "desk" }, "crash-loop");
    await create("desk");
    const crashed = await podOf(
      on,
      "desk",
      (pod) =>
        (pod.status?.containerStatuses?.[0]?.restartCount ?? 0) >= 1 && waitingReason(pod) === "CrashLoopBackOff",
    );
    expect(crashed.status?.containerStatuses?.[0]?.lastState?.terminated).toMatchObject({
      exitCode: 1,
      reason: "Error",
    });
    on.cluster.setFault({ namespace, deployment: "desk" }, null);
    await podOf(on, "desk", isReady);
  });

  it("of readiness makes a running desktop unready, and ready again when repaired", async () => {
    await create("desk");
    const ready = await podOf(on, "desk", isReady);
    on.cluster.setFault({ namespace, deployment: "desk" }, "never-ready");
    const unready = await podOf(on, "desk", (pod) => !isReady(pod));
    expect(unready.metadata?.uid).toBe(ready.metadata?.uid);
    expect(unready.status?.phase).toBe("Running");
    expect((await eventOf("Unhealthy", "Readiness probe failed"))?.type).toBe("Warning");
    on.cluster.setFault({ namespace, deployment: "desk" }, null);
    await podOf(on, "desk", isReady);
  });

  it("of the quota prevents the pod's creation, and the Deployment says why", async () => {
    on.cluster.setFault({ namespace, deployment: "desk" }, "quota");
    await create("desk");
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments`;
    const events = await watchUntil<V1Deployment>(
      on,
      path,
      {},
      ({ object }) => object.status?.conditions?.some((each) => each.type === "ReplicaFailure") ?? false,
    );
    const failure = events.at(-1)?.object.status?.conditions?.find((each) => each.type === "ReplicaFailure");
    expect(failure).toMatchObject({ status: "True", reason: "FailedCreate" });
    expect(failure?.message).toMatch(/^pods "desk-.*" is forbidden: exceeded quota: /);
    expect((await eventOf("FailedCreate", "exceeded quota"))?.type).toBe("Warning");
    expect((await on.core.listNamespacedPod({ namespace })).items).toEqual([]);
    on.cluster.setFault({ namespace, deployment: "desk" }, null);
    await podOf(on, "desk", isReady);
  });

  it("of one Deployment does not affect others", async () => {
    on.cluster.setFault({ namespace, deployment: "desk" }, "unschedulable");
    await create("desk");
    await create("other");
    await podOf(on, "other", isReady);
    await podOf(on, "desk", (pod) => pod.status?.conditions?.[0]?.reason === "Unschedulable");
  });

  it("of a namespace affects all its Deployments", async () => {
    on.cluster.setFault({ namespace }, "image-pull");
    await create("desk");
    await create("other");
    await podOf(on, "desk", (pod) => waitingReason(pod) === "ImagePullBackOff");
    await podOf(on, "other", (pod) => waitingReason(pod) === "ImagePullBackOff");
  });

  it("can be requested by the image's name", async () => {
    await create("desk", "example.org/fault-image-pull:1");
    await podOf(on, "desk", (pod) => waitingReason(pod) === "ImagePullBackOff");
  });
});
