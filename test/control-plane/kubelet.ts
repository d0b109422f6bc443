import {
  ApiException,
  CoreV1Api,
  type KubeConfig,
  PatchStrategy,
  setHeaderOptions,
  type V1Pod,
  Watch,
} from "@kubernetes/client-node";

const node = "node-1";

/** What happens to a pod: it becomes ready, keeps this status, or, if it is deleted, stays because its node is lost. */
export type PodFate = (pod: V1Pod) => "ready" | "lost" | V1Pod["status"];

/**
 * Plays scheduler and kubelet through the API: binds each new pod to a node, makes it ready or gives it the fate that a
 * test wants, and ends pods that are deleted. Returns a function that stops it.
 */
export async function playKubelet(
  config: KubeConfig,
  namespace: string,
  fate: PodFate = () => "ready",
): Promise<() => void> {
  const core = config.makeApiClient(CoreV1Api);
  // A Service routes only to pods on nodes that exist.
  await core.createNode({ body: { metadata: { name: node } } }).catch((error: unknown) => {
    if (!(error instanceof ApiException && error.code === 409)) throw error;
  });
  const merge = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
  const seen = new Set<string>();
  let address = 1;

  const tend = async (pod: V1Pod) => {
    const { name = "", uid = "", deletionTimestamp } = pod.metadata ?? {};
    const decided = fate(pod);
    if (deletionTimestamp !== undefined) {
      if (decided === "lost") return;
      await core.deleteNamespacedPod({ namespace, name, gracePeriodSeconds: 0 });
      return;
    }
    if (seen.has(uid)) return;
    seen.add(uid);
    if (decided !== "ready" && decided !== "lost") {
      await core.patchNamespacedPodStatus({ namespace, name, body: { status: decided } }, merge);
      return;
    }
    await core.createNamespacedPodBinding({
      namespace,
      name,
      body: { metadata: { name }, target: { apiVersion: "v1", kind: "Node", name: node } },
    });
    const container = pod.spec?.containers[0];
    const now = new Date().toISOString();
    const status = {
      phase: "Running",
      podIP: `10.1.0.${(address += 1)}`,
      startTime: now,
      conditions: ["Initialized", "ContainersReady", "Ready", "PodScheduled"].map((type) => ({
        type,
        status: "True",
        lastTransitionTime: now,
      })),
      containerStatuses: [
        {
          name: container?.name,
          image: container?.image,
          imageID: "test",
          ready: true,
          started: true,
          restartCount: 0,
          state: { running: { startedAt: now } },
        },
      ],
    };
    await core.patchNamespacedPodStatus({ namespace, name, body: { status } }, merge);
  };

  let stopped = false;
  let controller: AbortController | undefined;
  const failures: unknown[] = [];
  const follow = async () => {
    if (stopped) return;
    controller = await new Watch(config).watch(
      `/api/v1/namespaces/${namespace}/pods`,
      {},
      (phase: string, pod: V1Pod) => {
        // A pod may be gone before its turn; any other failure shows as a pod that never becomes ready.
        if (phase !== "DELETED") tend(pod).catch((failure: unknown) => failures.push(failure));
      },
      () => void follow(),
    );
  };
  await follow();
  return () => {
    stopped = true;
    controller?.abort();
  };
}
