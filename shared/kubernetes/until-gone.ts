import type { KubernetesObject, V1Pod } from "@kubernetes/client-node";
import type { NamedDesktop } from "../desktop/names.ts";
import { ProductError } from "../errors.ts";
import type { Cluster, Reference } from "./cluster.ts";
import { heldBy, isLeaving, label } from "./labels.ts";
import { hasEnded, isLoose, isMadeFor, whatLingers } from "./lingering-pods.ts";
import { emptyDeployment } from "./manifests.ts";

/** How long one call waits. The next one goes on waiting. */
const removalMilliseconds = 20_000;

/** How long a pod may stay untouched after its Deployment is gone: the garbage collector needs a second or two. */
const collectionMilliseconds = 5_000;

/** Waits until an object that was removed is no longer to be seen. */
export async function untilGone(cluster: Cluster, removed: KubernetesObject): Promise<void> {
  const { kind = "", apiVersion = "", metadata: { name = "", namespace = "", uid } = {} } = removed;
  await until(cluster, [], async () => {
    const found = await cluster.read({ apiVersion, kind, metadata: { name, namespace } });
    return found?.metadata?.uid === uid && found ? `remove ${kind} ${name}: ${stillThere(found)}` : null;
  });
}

function stillThere(object: KubernetesObject | null): string {
  const held = object && heldBy(object);
  return held ? `it is still being deleted; it is ${held}` : "it is still being deleted";
}

/** Everything that carries a desktop's label, whoever made it. */
function podsOf(cluster: Cluster, namespace: string, { names }: NamedDesktop): Promise<V1Pod[]> {
  const labels = `${label.deploymentName}=${names.deployment}`;
  return cluster.list<V1Pod>({ apiVersion: "v1", kind: "Pod" }, namespace, { labels });
}

/** Throws if a pod may run that the desktop's network policy confines, whoever made it. */
export async function throwIfConfined(cluster: Cluster, namespace: string, desktop: NamedDesktop): Promise<void> {
  const pod = (await podsOf(cluster, namespace, desktop)).find((each) => !hasEnded(each));
  if (pod)
    throw new ProductError(
      "step-failed",
      `remove NetworkPolicy ${desktop.names.networkPolicy}: it stays as long as it confines a pod, which is ${pod.metadata?.name ?? ""} (delete that pod, or wait until it is gone)`,
    );
}

/**
 * Waits until a Deployment that was removed and all its pods are gone, also if somebody else removed it. Pods that were kept
 * when the Deployment or its ReplicaSet was deleted are ended.
 */
export async function untilPodsGone(cluster: Cluster, deployment: Reference, desktop: NamedDesktop): Promise<void> {
  const { namespace } = deployment.metadata;
  for (const pod of await podsOf(cluster, namespace, desktop))
    if (isLoose(pod, desktop) && !isLeaving(pod)) await cluster.remove(pod);
  const orphan = await waitForPods(cluster, deployment, desktop);
  if (!orphan) return;
  // Its ReplicaSet would make another. A Deployment adopts ReplicaSets that nobody controls and its selector selects, and
  // scales them to its own number (ClaimReplicaSets, kubernetes v1.36.0 pkg/controller/controller_ref_manager.go).
  await cluster.apply(emptyDeployment(desktop, namespace, orphan));
  await waitForPods(cluster, deployment, desktop);
  const empty = await cluster.read(deployment);
  if (!empty) return;
  await cluster.remove(empty);
  await untilGone(cluster, empty);
}

/** Waits until the desktop has no pods, and its Deployment is not being deleted. Returns a pod that nobody ends. */
async function waitForPods(cluster: Cluster, deployment: Reference, desktop: NamedDesktop): Promise<V1Pod | undefined> {
  const { name, namespace } = deployment.metadata;
  const begun = performance.now();
  let orphan: V1Pod | undefined;
  const whatIsLeft = async (): Promise<string | null> => {
    const [found, all] = await Promise.all([cluster.read(deployment), podsOf(cluster, namespace, desktop)]);
    const pods = all.filter((pod) => isMadeFor(pod, desktop) || isLoose(pod, desktop));
    if (pods.length === 0 && !(found && isLeaving(found))) return null;
    if (!found && performance.now() - begun > collectionMilliseconds) orphan = pods.find((pod) => !isLeaving(pod));
    if (orphan) return null;
    return `remove Deployment ${name}: ${whatLingers(pods, "its pod", new Date()) ?? stillThere(found)}`;
  };
  if ((await whatIsLeft()) !== null)
    await until(
      cluster,
      [
        { path: `/api/v1/namespaces/${namespace}/pods`, labels: `${label.deploymentName}=${name}` },
        { path: `/apis/apps/v1/namespaces/${namespace}/deployments`, fields: `metadata.name=${name}` },
      ],
      whatIsLeft,
    );
  return orphan;
}

/** Throws what is left when the time is up. */
async function until(
  cluster: Cluster,
  watched: Parameters<Cluster["watch"]>[0],
  whatIsLeft: () => Promise<string | null>,
): Promise<void> {
  const changes = await cluster.watch(watched);
  try {
    const deadline = performance.now() + removalMilliseconds;
    for (;;) {
      const left = await whatIsLeft();
      if (left === null) return;
      if (performance.now() > deadline) throw new ProductError("step-failed", left);
      await changes.next(1_000);
    }
  } finally {
    changes.close();
  }
}
