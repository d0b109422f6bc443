import type { V1ContainerStatus, V1Pod } from "@kubernetes/client-node";
import type { Cluster } from "./cluster.ts";

/** The instances of Guacamole's web application, as far as the cluster shows them. */
export interface GuacamoleInstances {
  /**
   * Since when the oldest instance that lives has been running (ISO): tunnels live in memory, so none is older. Null if
   * that is unknown: no pod, none that runs, or one that runs and does not say since when.
   */
  oldestStart(): Promise<string | null>;
}

export function guacamoleInstancesIn(
  cluster: Cluster,
  namespace: string,
  labels: Readonly<Record<string, string>>,
): GuacamoleInstances {
  const selector = Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
  return {
    async oldestStart() {
      // Pods on their way out count: they keep their tunnels to the end.
      const pods = await cluster.list<V1Pod>({ apiVersion: "v1", kind: "Pod" }, namespace, { labels: selector });
      const oldest = Math.min(...pods.flatMap(startsIn));
      return Number.isFinite(oldest) ? new Date(oldest).toISOString() : null;
    },
  };
}

/**
 * When the pod's running containers started; NaN if it does not say. Which of them is Guacamole is not known: a sidecar
 * that started earlier makes sessions look alive for longer, never for shorter.
 */
function startsIn({ status }: V1Pod): number[] {
  const containers: V1ContainerStatus[] = status?.containerStatuses ?? [];
  if (containers.length === 0 && status?.phase === "Running") return [NaN];
  return containers.flatMap(({ state }) =>
    state?.running ? [new Date(state.running.startedAt ?? NaN).getTime()] : [],
  );
}
