import { PatchStrategy, type V1Deployment, type V1Pod, type V1ReplicaSet } from "@kubernetes/client-node";
import { afterEach, describe, expect, it } from "vitest";
import { as, deploymentNamed, refusalOf, watchUntil } from "../contract/clients.ts";
import { isReady, namespace, podOf, podPath, startStage, type Stage } from "../testing.ts";

const stages: Stage[] = [];
const stage = async (): Promise<Stage> => {
  const started = await startStage();
  stages.push(started);
  return started;
};
afterEach(async () => {
  for (const { cluster } of stages.splice(0)) await cluster.close();
});

const deployments = `/apis/apps/v1/namespaces/${namespace}/deployments`;
const deploymentUntil = async (
  on: Stage,
  looks: (deployment: V1Deployment) => boolean,
): Promise<V1Deployment | undefined> =>
  (await watchUntil<V1Deployment>(on, deployments, {}, ({ object }) => looks(object))).at(-1)?.object;
const create = (on: Stage, name: string, spec: Partial<V1Deployment["spec"]>): Promise<V1Deployment> =>
  on.apps.createNamespacedDeployment({ namespace, body: deploymentNamed(name, spec) });
const condition = (deployment: V1Deployment | undefined, type: string): string | undefined =>
  deployment?.status?.conditions?.find((each) => each.type === type)?.reason;
const rollOut = (on: Stage, name: string, image: string): Promise<V1Deployment> => {
  const body = { spec: { template: { spec: { containers: [{ name: "desktop", image }] } } } };
  return on.apps.patchNamespacedDeployment({ name, namespace, body }, as(PatchStrategy.StrategicMergePatch));
};

describe("a Deployment", () => {
  it("becomes available through a ReplicaSet and a pod with names and owners as in a real cluster", async () => {
    const on = await stage();
    const made = await create(on, "desk", { replicas: 1 });
    const done = await deploymentUntil(
      on,
      (deployment) => condition(deployment, "Progressing") === "NewReplicaSetAvailable",
    );
    expect(done?.status).toMatchObject({
      observedGeneration: 1,
      replicas: 1,
      updatedReplicas: 1,
      readyReplicas: 1,
      availableReplicas: 1,
    });
    expect(condition(done, "Available")).toBe("MinimumReplicasAvailable");
    const [set] = (await on.apps.listNamespacedReplicaSet({ namespace })).items;
    const [pod] = (await on.core.listNamespacedPod({ namespace })).items;
    expect(set?.metadata?.ownerReferences).toMatchObject([
      { kind: "Deployment", uid: made.metadata?.uid, controller: true },
    ]);
    expect(pod?.metadata?.ownerReferences).toMatchObject([
      { kind: "ReplicaSet", uid: set?.metadata?.uid, controller: true },
    ]);
    expect(pod?.metadata?.name).toMatch(new RegExp(`^${set?.metadata?.name ?? "?"}-[a-z0-9]{5}$`));
    expect(pod?.metadata?.labels?.["pod-template-hash"]).toBe(set?.metadata?.labels?.["pod-template-hash"]);
  });

  it("scaled to 0 marks its pod for deletion and then removes it", async () => {
    const on = await stage();
    await create(on, "desk", { replicas: 1 });
    const pod = await podOf(on, "desk", isReady);
    const query = { resourceVersion: pod.metadata?.resourceVersion ?? "", labelSelector: "app=desk" };
    const watched = watchUntil<V1Pod>(on, podPath, query, ({ type }) => type === "DELETED");
    const body = { spec: { replicas: 0 } };
    await on.apps.patchNamespacedDeploymentScale({ name: "desk", namespace, body }, as(PatchStrategy.MergePatch));
    const events = await watched;
    expect(
      events.some(({ type, object }) => type === "MODIFIED" && object.metadata?.deletionTimestamp !== undefined),
    ).toBe(true);
    const empty = await deploymentUntil(
      on,
      (deployment) => deployment.status?.replicas === undefined && deployment.status?.observedGeneration === 2,
    );
    expect(empty?.status?.readyReplicas).toBeUndefined();
  });

  it("with a new template rolls out a new ReplicaSet, and keeps the old pod until the new one is ready", async () => {
    const on = await stage();
    await create(on, "desk", { replicas: 1 });
    const old = await podOf(on, "desk", isReady);
    const query = { resourceVersion: old.metadata?.resourceVersion ?? "", labelSelector: "app=desk" };
    const watched = watchUntil<V1Pod>(
      on,
      podPath,
      query,
      ({ type, object }) => type === "DELETED" && object.metadata?.name === old.metadata?.name,
    );
    await rollOut(on, "desk", "example.org/desktop:2");
    const events = await watched;
    const nameOf = (pod: V1Pod): string | undefined => pod.metadata?.name;
    const newReady = events.findIndex(({ object }) => nameOf(object) !== nameOf(old) && isReady(object));
    const oldMarked = events.findIndex(
      ({ object }) => nameOf(object) === nameOf(old) && object.metadata?.deletionTimestamp !== undefined,
    );
    expect(newReady).toBeGreaterThanOrEqual(0);
    expect(oldMarked).toBeGreaterThan(newReady);
    const sets = (await on.apps.listNamespacedReplicaSet({ namespace })).items;
    expect(sets.map((set) => set.metadata?.annotations?.["deployment.kubernetes.io/revision"]).sort()).toEqual([
      "1",
      "2",
    ]);
  });

  it("with the strategy Recreate never has two pods at the same time", async () => {
    const on = await stage();
    await create(on, "desk", { replicas: 1, strategy: { type: "Recreate" } });
    const old = await podOf(on, "desk", isReady);
    const query = { resourceVersion: old.metadata?.resourceVersion ?? "", labelSelector: "app=desk" };
    const watched = watchUntil<V1Pod>(on, podPath, query, ({ type }) => type === "ADDED");
    await rollOut(on, "desk", "example.org/desktop:2");
    expect((await watched).map(({ type }) => type).filter((type) => type !== "MODIFIED")).toEqual(["DELETED", "ADDED"]);
  });

  it("reuses an earlier ReplicaSet when its template is reverted", async () => {
    const on = await stage();
    await create(on, "desk", { replicas: 0 });
    const settled = (generation: number) => (deployment: V1Deployment) =>
      deployment.status?.observedGeneration === generation;
    await deploymentUntil(on, settled(1));
    await rollOut(on, "desk", "example.org/desktop:2");
    await deploymentUntil(on, settled(2));
    await rollOut(on, "desk", "example.org/desktop:1");
    await deploymentUntil(on, settled(3));
    expect((await on.apps.listNamespacedReplicaSet({ namespace })).items).toHaveLength(2);
  });

  it("that misses its progress deadline says so in its Progressing condition", async () => {
    const on = await stage();
    on.cluster.setFault({ namespace }, "never-ready");
    await create(on, "desk", { replicas: 1, progressDeadlineSeconds: 1 });
    const late = await deploymentUntil(
      on,
      (deployment) => condition(deployment, "Progressing") === "ProgressDeadlineExceeded",
    );
    expect(late?.status?.conditions?.find((each) => each.type === "Progressing")).toMatchObject({
      status: "False",
      message: expect.stringMatching(/^ReplicaSet "desk-.*" has timed out progressing\.$/) as string,
    });
  });

  it("deleted in the background loses its ReplicaSet and pods", async () => {
    const on = await stage();
    await create(on, "desk", { replicas: 1 });
    const pod = await podOf(on, "desk", isReady);
    const query = { resourceVersion: pod.metadata?.resourceVersion ?? "" };
    const gone = watchUntil<V1Pod>(on, podPath, query, ({ type }) => type === "DELETED");
    await on.apps.deleteNamespacedDeployment({ name: "desk", namespace });
    await gone;
    expect((await on.apps.listNamespacedReplicaSet({ namespace })).items).toEqual([]);
  });

  it("deleted in the foreground is removed last", async () => {
    const on = await stage();
    await create(on, "desk", { replicas: 1 });
    const pod = await podOf(on, "desk", isReady);
    const query = { resourceVersion: pod.metadata?.resourceVersion ?? "" };
    const deleted = ({ type }: { type: string }): boolean => type === "DELETED";
    const podGone = watchUntil<V1Pod>(on, podPath, query, deleted);
    const deploymentGone = watchUntil<V1Deployment>(on, deployments, query, deleted);
    await on.apps.deleteNamespacedDeployment({ name: "desk", namespace, propagationPolicy: "Foreground" });
    const versionOf = (events: { object: V1Pod | V1Deployment }[]): number =>
      Number(events.at(-1)?.object.metadata?.resourceVersion);
    expect(versionOf(await deploymentGone)).toBeGreaterThan(versionOf(await podGone));
  });

  it("whose pod is deleted gets another one", async () => {
    const on = await stage();
    await create(on, "desk", { replicas: 1 });
    const { metadata } = await podOf(on, "desk", isReady);
    await on.core.deleteNamespacedPod({ name: metadata?.name ?? "", namespace });
    const next = await podOf(on, "desk", (pod) => isReady(pod) && pod.metadata?.name !== metadata?.name);
    expect(next.metadata?.uid).not.toBe(metadata?.uid);
  });

  it("deleted with Orphan leaves its ReplicaSet, and a new Deployment adopts it", async () => {
    const on = await stage();
    await create(on, "desk", { replicas: 0 });
    const path = `/apis/apps/v1/namespaces/${namespace}/replicasets`;
    await watchUntil<V1ReplicaSet>(on, path, {}, ({ type }) => type === "ADDED");
    await on.apps.deleteNamespacedDeployment({ name: "desk", namespace, propagationPolicy: "Orphan" });
    await watchUntil<V1ReplicaSet>(on, path, {}, ({ object }) => object.metadata?.ownerReferences === undefined);
    const again = await create(on, "desk", { replicas: 0 });
    const adopted = await watchUntil<V1ReplicaSet>(
      on,
      path,
      {},
      ({ object }) => object.metadata?.ownerReferences?.[0]?.uid === again.metadata?.uid,
    );
    expect(adopted.at(-1)?.object.metadata?.name).toMatch(/^desk-/);
    expect((await on.apps.listNamespacedReplicaSet({ namespace })).items).toHaveLength(1);
  });
});

describe("a ResourceQuota", () => {
  const limitPods = (on: Stage, pods: string): Promise<unknown> =>
    on.core.createNamespacedResourceQuota({
      namespace,
      body: { metadata: { name: "small" }, spec: { hard: { pods } } },
    });

  it("refuses objects that exceed it, with a real cluster's message", async () => {
    const on = await stage();
    await limitPods(on, "0");
    const body = { metadata: { name: "extra" }, spec: { containers: [{ name: "c", image: "example.org/c:1" }] } };
    const refused = await refusalOf(on.core.createNamespacedPod({ namespace, body }));
    expect(refused).toMatchObject({ code: 403, reason: "Forbidden" });
    expect(refused.message).toBe(
      'pods "extra" is forbidden: exceeded quota: small, requested: pods=1, used: pods=0, limited: pods=0',
    );
  });

  it("stops a Deployment with ReplicaFailure, and lets it continue when there is room", async () => {
    const on = await stage();
    await limitPods(on, "0");
    await create(on, "desk", { replicas: 1 });
    const stuck = await deploymentUntil(on, (deployment) => condition(deployment, "ReplicaFailure") !== undefined);
    expect(stuck?.status?.conditions?.find((each) => each.type === "ReplicaFailure")).toMatchObject({
      status: "True",
      reason: "FailedCreate",
      message: expect.stringContaining("exceeded quota: small") as string,
    });
    const body = { spec: { hard: { pods: "1" } } };
    await on.core.patchNamespacedResourceQuota({ name: "small", namespace, body }, as(PatchStrategy.MergePatch));
    await podOf(on, "desk", isReady);
    await deploymentUntil(on, (deployment) => condition(deployment, "ReplicaFailure") === undefined);
  });
});
