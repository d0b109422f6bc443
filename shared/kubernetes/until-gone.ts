import type { KubernetesObject, V1Pod } from "@kubernetes/client-node";
import type { NamedDesktop } from "../desktop/names.ts";
import { ProductError } from "../errors.ts";
import type { Cluster, Reference } from "./cluster.ts";
import { isLeaving, label } from "./labels.ts";
import { isMadeFor, whatLingers } from "./lingering-pods.ts";

/** How long one call waits. The next one goes on waiting. */
const removalMilliseconds = 20_000;

/** Waits until an object that was removed is no longer to be seen. */
export async function untilGone(cluster: Cluster, removed: KubernetesObject): Promise<void> {
  const { kind = "", apiVersion = "", metadata: { name = "", namespace = "", uid } = {} } = removed;
  await until(cluster, [], async () => {
    const found = await cluster.read({ apiVersion, kind, metadata: { name, namespace } });
    return found?.metadata?.uid === uid && found ? `remove ${kind} ${name}: it is still being deleted` : null;
  });
}

/** Waits until a Deployment that was removed and all its pods are gone, also if somebody else removed it. */
export async function untilPodsGone(cluster: Cluster, deployment: Reference, desktop: NamedDesktop): Promise<void> {
  const { name, namespace } = deployment.metadata;
  const labels = `${label.deploymentName}=${name}`;
  const whatIsLeft = async (): Promise<string | null> => {
    const [found, all] = await Promise.all([
      cluster.read(deployment),
      cluster.list<V1Pod>({ apiVersion: "v1", kind: "Pod" }, namespace, { labels }),
    ]);
    const pods = all.filter((pod) => isMadeFor(pod, desktop));
    if (pods.length === 0 && !(found && isLeaving(found))) return null;
    const orphan = found ? undefined : pods.find((pod) => !isLeaving(pod))?.metadata?.ownerReferences?.[0]?.name;
    const kept = orphan === undefined ? undefined : `its pod is kept by the ReplicaSet ${orphan} (delete that)`;
    const left = whatLingers(pods, "its pod", new Date()) ?? kept ?? "it is still being deleted";
    return `remove Deployment ${name}: ${left}`;
  };
  if ((await whatIsLeft()) === null) return;
  const watched = [
    { path: `/api/v1/namespaces/${namespace}/pods`, labels },
    { path: `/apis/apps/v1/namespaces/${namespace}/deployments`, fields: `metadata.name=${name}` },
  ];
  await until(cluster, watched, whatIsLeft);
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
