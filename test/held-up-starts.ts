import {
  AppsV1Api,
  CoreV1Api,
  type KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  PatchStrategy,
  setHeaderOptions,
  type V1Pod,
} from "@kubernetes/client-node";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Sighting } from "../shared/desktop/activities.ts";
import type { DesktopPlan } from "../shared/desktop/plan.ts";
import { type Cluster, clusterOf } from "../shared/kubernetes/cluster.ts";
import { type ClusterDesktops, desktopsIn } from "../shared/kubernetes/desktops.ts";
import { samplePlan, sampleRules, sampleSite, sampleStart } from "./sample-plan.ts";
import { untilDecided } from "./until-decided.ts";
import { blocking } from "../shared/kubernetes/wait-ready.ts";

const { namespace } = sampleSite;
const merge = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
const evicted = {
  phase: "Failed",
  reason: "Evicted",
  message: "The node was low on resource: memory. Threshold quantity: 100Mi, available: 51084Ki. ",
  conditions: ["Ready", "ContainersReady"].map((type) => ({ type, status: "False", reason: "PodFailed" })),
};
const finalizer = "example.org/slow";

export interface HeldUpCluster {
  admin: KubeConfig;
  /** As the product's account, if it has its own. */
  product: KubeConfig;
  /** From now on nothing confirms that a deleted pod of this Deployment is gone; or it does again. */
  loseNode(deployment: string, lost: boolean): Promise<void>;
  close(): Promise<void>;
}

/** What a start and a removal wait for, on any cluster with a Deployment controller and something that makes pods ready. */
export function describeHeldUpStarts(name: string, start: () => Promise<HeldUpCluster>, milliseconds?: number): void {
  describe(name, () => {
    let cluster: HeldUpCluster;
    let desktops: ClusterDesktops;
    let core: CoreV1Api;
    let apps: AppsV1Api;
    let plan: DesktopPlan;
    let count = 0;

    beforeAll(async () => {
      cluster = await start();
      desktops = desktopsIn(noticed(clusterOf(cluster.product)), sampleSite, sampleRules);
      core = cluster.admin.makeApiClient(CoreV1Api);
      apps = cluster.admin.makeApiClient(AppsV1Api);
    }, milliseconds);
    afterAll(() => cluster.close());
    beforeEach(async () => {
      plan = samplePlan({ username: `held-up-${(count += 1)}` });
      await desktops.createCredential(plan, "r1");
      await desktops.applyService(plan);
      await desktops.createDeployment(plan, sampleStart("r1"));
      expect(await untilDecided(desktops, plan)).toMatchObject({ seen: "ready" });
    });
    afterEach(() => {
      vi.useRealTimers();
    });

    let waits = Promise.withResolvers<undefined>();
    /** Notices when the product begins to wait for changes. */
    const noticed = (given: Cluster): Cluster => ({
      ...given,
      async watch(paths) {
        const changes = await given.watch(paths);
        const next = (milliseconds: number) => {
          waits.resolve(undefined);
          return changes.next(milliseconds);
        };
        return { ...changes, next };
      },
    });
    /** Removes a part, and lets the time for that pass. */
    const removeInVain = async (part: "deployment" | "service" = "deployment"): Promise<string> => {
      waits = Promise.withResolvers();
      const failure = desktops.remove(part, plan).then(
        () => "removed",
        (error: unknown) => (error as Error).message,
      );
      await waits.promise;
      passTime(30);
      const message = await failure;
      vi.useRealTimers();
      return message;
    };
    const pods = async (): Promise<V1Pod[]> => {
      const labelSelector = `xlscsde.nhs.uk/deployment-name=${plan.names.deployment}`;
      return (await core.listNamespacedPod({ namespace, labelSelector })).items;
    };
    const nameOf = (pod: V1Pod | undefined) => pod?.metadata?.name ?? "";
    const onlyPod = async () => nameOf((await pods())[0]);
    const hold = (pod: string, finalizers: string[] | null) =>
      core.patchNamespacedPod({ namespace, name: pod, body: { metadata: { finalizers } } }, merge);
    const pause = (paused: boolean) =>
      apps.patchNamespacedDeployment({ namespace, name: plan.names.deployment, body: { spec: { paused } } }, merge);
    const restart = () => desktops.createDeployment(plan, sampleStart("r2"));
    const passTime = (seconds: number) => {
      vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + seconds * 1_000, shouldAdvanceTime: true });
    };
    /** Waits until the start waits for this. */
    const untilSaid = async (words: string) => {
      let sighting: Sighting;
      do sighting = await desktops.waitReady(plan, blocking);
      while ("seen" in sighting && sighting.seen === "waiting" && !sighting.message.includes(words));
      expect(sighting).toMatchObject({ seen: "waiting", message: expect.stringContaining(words) as string });
    };

    it("an evicted pod of an earlier start is deleted and does not hold up the next one", async () => {
      const first = await onlyPod();
      await core.patchNamespacedPodStatus({ namespace, name: first, body: { status: evicted } }, merge);
      expect(await untilDecided(desktops, plan)).toMatchObject({ seen: "ready" });
      await expect.poll(async () => (await pods()).filter(({ status }) => status?.phase === "Running").length).toBe(1);
      expect((await pods()).map(nameOf)).toContain(first);
      expect(await restart()).toBeNull();
      expect(await untilDecided(desktops, plan)).toMatchObject({ seen: "ready" });
      expect((await pods()).map(nameOf)).not.toContain(first);
    });

    it("the cluster itself makes the next pod although an evicted one stays", async () => {
      const first = await onlyPod();
      await core.patchNamespacedPodStatus({ namespace, name: first, body: { status: evicted } }, merge);
      await restart();
      const requests = async () =>
        (await pods()).map(({ metadata }) => metadata?.annotations?.["xlscsde.nhs.uk/request"]).sort();
      await expect.poll(requests, { timeout: 60_000 }).toEqual(["r1", "r2"]);
    });

    it("a pod with the desktop's label that others made is left alone, and is not waited for", async () => {
      const strange = {
        metadata: {
          name: `strange-${count}`,
          labels: { "xlscsde.nhs.uk/deployment-name": plan.names.deployment },
          annotations: { "xlscsde.nhs.uk/workspace": plan.workspace, "xlscsde.nhs.uk/username": plan.username },
        },
        spec: { containers: [{ name: "c", image: "example.org/theirs:1" }], restartPolicy: "Never" },
      };
      await core.createNamespacedPod({ namespace, body: strange });
      const name = strange.metadata.name;
      await core.patchNamespacedPodStatus({ namespace, name, body: { status: { phase: "Failed" } } }, merge);
      await restart();
      expect(await untilDecided(desktops, plan)).toMatchObject({ seen: "ready" });
      await desktops.remove("deployment", plan);
      expect((await pods()).map(nameOf)).toEqual([name]);
    });

    it("an earlier pod with a finalizer is named, and the start goes on when it is gone", async () => {
      const first = await onlyPod();
      await hold(first, [finalizer]);
      await restart();
      await untilSaid(`is still being removed; it is held by the finalizer ${finalizer}`);
      await hold(first, null);
      expect(await untilDecided(desktops, plan)).toMatchObject({ seen: "ready" });
    });

    it("an earlier pod on a node that does not answer is named, and is never deleted by force", async () => {
      const first = await onlyPod();
      await cluster.loseNode(plan.names.deployment, true);
      await restart();
      await untilSaid("an earlier pod on node");
      passTime(60);
      await untilSaid("which does not answer, is still being removed");
      expect((await pods()).map(nameOf)).toEqual([first]);
      vi.useRealTimers();
      await cluster.loseNode(plan.names.deployment, false);
      expect(await untilDecided(desktops, plan)).toMatchObject({ seen: "ready" });
    });

    it("a suspended desktop whose pod lingers says so when it is started again", async () => {
      await cluster.loseNode(plan.names.deployment, true);
      await desktops.scaleToZero(plan);
      await expect.poll(async () => (await pods())[0]?.metadata?.deletionTimestamp).toBeDefined();
      await restart();
      await untilSaid("an earlier pod on node");
      await cluster.loseNode(plan.names.deployment, false);
      expect(await untilDecided(desktops, plan)).toMatchObject({ seen: "ready" });
    });

    it("a rollout that somebody paused is named, and goes on when it is resumed", async () => {
      await pause(true);
      await restart();
      await untilSaid(`somebody paused the rollout of Deployment ${plan.names.deployment}`);
      await pause(false);
      expect(await untilDecided(desktops, plan)).toMatchObject({ seen: "ready" });
    });

    it("a removal names the pod that it waits for, and ends when that is gone", async () => {
      const first = await onlyPod();
      await hold(first, [finalizer]);
      expect(await removeInVain()).toMatch(
        new RegExp(
          `^remove Deployment ${plan.names.deployment}: its pod on node .* held by the finalizer ${finalizer}`,
        ),
      );
      await hold(first, null);
      await desktops.remove("deployment", plan);
      expect(await pods()).toEqual([]);
    });

    it.each([
      ["service", "Service", ["example.org/slow"], "finalizer example.org/slow, which its owner must remove"],
      [
        "deployment",
        "Deployment",
        ["example.org/slow", "example.org/slower"],
        "finalizers example.org/slow, example.org/slower, which their owners must remove",
      ],
    ] as const)("a removal of a %s names the finalizers that hold it", async (part, kind, finalizers, held) => {
      const name = plan.names[part];
      const apiVersion = part === "service" ? "v1" : "apps/v1";
      const objects = KubernetesObjectApi.makeApiClient(cluster.admin);
      const holdPart = (finalizers: readonly string[] | null) => {
        const body = { apiVersion, kind, metadata: { name, namespace, finalizers } } as unknown as KubernetesObject;
        return objects.patch(body, undefined, undefined, undefined, undefined, PatchStrategy.MergePatch);
      };
      await holdPart(finalizers);
      expect(await removeInVain(part)).toBe(
        `remove ${kind} ${name}: it is still being deleted; it is held by the ${held}`,
      );
      // A start in its place says so too.
      const start =
        part === "service" ? desktops.applyService(plan) : desktops.createDeployment(plan, sampleStart("r2"));
      await expect(start).rejects.toThrow(`the previous one is still being deleted (held by the ${held})`);
      await holdPart(null);
      await desktops.remove(part, plan);
    });

    it("a removal waits for the pod of a Deployment that somebody else removed", async () => {
      const first = await onlyPod();
      await hold(first, [finalizer]);
      await apps.deleteNamespacedDeployment({ namespace, name: plan.names.deployment });
      await expect.poll(async () => (await pods())[0]?.metadata?.deletionTimestamp).toBeDefined();
      const removal = desktops.remove("deployment", plan);
      await hold(first, null);
      await removal;
      expect(await pods()).toEqual([]);
    });

    const orphaning = { propagationPolicy: "Orphan" };
    const orphanSet = async (): Promise<string> => {
      const name = plan.names.deployment;
      await apps.deleteNamespacedDeployment({ namespace, name, body: orphaning });
      await expect.poll(() => apps.readNamespacedDeployment({ namespace, name }).catch(() => null)).toBeNull();
      return (await pods())[0]?.metadata?.ownerReferences?.[0]?.name ?? "";
    };
    const setsLeft = async () => {
      const labelSelector = `xlscsde.nhs.uk/deployment-name=${plan.names.deployment}`;
      const { items } = await apps.listNamespacedReplicaSet({ namespace, labelSelector });
      return items.map(({ metadata }) => metadata?.name);
    };

    it("a removal ends the pod that was kept when somebody deleted its Deployment, and its ReplicaSet", async () => {
      const set = await orphanSet();
      expect(await setsLeft()).toEqual([set]);
      await desktops.remove("deployment", plan);
      expect([await pods(), await setsLeft()]).toEqual([[], []]);
      expect((await desktops.observe(plan)).deployment).toBeNull();
    });

    it("a removal ends the pod that was kept when somebody deleted its Deployment and its ReplicaSet", async () => {
      await apps.deleteNamespacedReplicaSet({ namespace, name: await orphanSet(), body: orphaning });
      await expect.poll(async () => (await pods())[0]?.metadata?.ownerReferences ?? []).toEqual([]);
      await desktops.remove("deployment", plan);
      expect(await pods()).toEqual([]);
    });

    it("the network policy stays as long as a pod has the desktop's label, whoever made it", async () => {
      expect(await desktops.applyNetworkPolicy(plan)).toBeNull();
      const pod = await onlyPod();
      const told = `remove NetworkPolicy ${plan.names.networkPolicy}: it stays as long as it confines a pod, which is ${pod}`;
      await expect(desktops.remove("networkPolicy", plan)).rejects.toThrow(told);
      const labels = { "xlscsde.nhs.uk/deployment-name": plan.names.deployment };
      const theirs = { metadata: { name: `${pod}-theirs`, labels }, spec: (await pods())[0]?.spec };
      await desktops.remove("deployment", plan);
      const spec = { containers: theirs.spec?.containers.map(({ name, image = "" }) => ({ name, image })) ?? [] };
      await core.createNamespacedPod({ namespace, body: { metadata: theirs.metadata, spec } });
      await expect(desktops.remove("networkPolicy", plan)).rejects.toThrow(`which is ${pod}-theirs`);
      expect((await desktops.observe(plan)).networkPolicy).toBe(true);
      // Somebody else's pod is not ours to end.
      await desktops.remove("deployment", plan);
      expect((await pods()).map(nameOf)).toEqual([`${pod}-theirs`]);
      await core.deleteNamespacedPod({ namespace, name: `${pod}-theirs` });
      await expect.poll(pods).toEqual([]);
      await desktops.remove("networkPolicy", plan);
      expect((await desktops.observe(plan)).networkPolicy).toBe(false);
    });
  });
}
