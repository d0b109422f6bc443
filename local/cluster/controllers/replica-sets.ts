import { randomSuffix } from "../api/random-suffix.ts";
import { exceededQuota } from "../api/quota.ts";
import { matchesSelector } from "../api/selectors.ts";
import { kindOf } from "../kinds/kinds.ts";
import { timestamp, typed, type KubeObject, type Pod, type ReplicaSet } from "../objects.ts";
import { ApiError, forbidden } from "../status.ts";
import {
  controllerOf,
  createAs,
  hasEnded,
  remove,
  updateAs,
  withoutZeros,
  writeStatus,
  type ClusterState,
} from "./cluster-state.ts";
import { recordEvent } from "./events.ts";

/** When to retry a failed create. A repaired fault, a freed quota or a changed set is noticed at once. */
const retryMs = 1_000;

/** Creates and deletes pods until the ReplicaSet has the desired number, and writes its status. */
export function reconcileReplicaSet(state: ClusterState, object: KubeObject): void {
  const set = typed("replicasets.apps", object);
  let failure: string | undefined;
  if (set.metadata.deletionTimestamp === undefined) {
    releasePods(state, object, set);
    const missing = (set.spec.replicas ?? 1) - activePods(state, object).length;
    for (let i = 0; i < missing && failure === undefined; i++) failure = createPod(state, object, set);
    for (const pod of leastUseful(activePods(state, object), -missing)) deletePod(state, object, pod);
  }
  writeSetStatus(
    state,
    set,
    activePods(state, object).map((pod) => typed("pods", pod)),
    failure,
  );
  if (failure !== undefined) state.lookAgain("replicasets.apps", set, retryMs);
}

function activePods(state: ClusterState, set: Pick<KubeObject, "metadata">): KubeObject[] {
  return state.store
    .dependents(set.metadata.uid)
    .filter(({ kind }) => kind === "pods")
    .map(({ object }) => object)
    .filter((pod) => pod.metadata.deletionTimestamp === undefined && !hasEnded(pod));
}

/**
 * Lets go of pods that its selector selects no more, so that it makes others for them (ClaimPods and ReleasePod,
 * pkg/controller/controller_ref_manager.go, v1.36.0).
 */
function releasePods(state: ClusterState, object: KubeObject, { metadata: { uid }, spec }: ReplicaSet): void {
  for (const pod of activePods(state, object)) {
    if (matchesSelector(pod.metadata.labels ?? {}, spec.selector)) continue;
    const ownerReferences = pod.metadata.ownerReferences?.filter((owner) => owner.uid !== uid);
    updateAs(state, "kube-controller-manager", "pods", pod, { ...pod, metadata: { ...pod.metadata, ownerReferences } });
  }
}

export const isReady = (pod: Pod): boolean =>
  pod.status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True") ?? false;

/** Returns the pods to delete first: those that are not ready, and of these the youngest. */
function leastUseful(pods: KubeObject[], count: number): KubeObject[] {
  const rank = (pod: KubeObject): number => (isReady(typed("pods", pod)) ? 1 : 0);
  const age = (pod: KubeObject): number => Date.parse(pod.metadata.creationTimestamp);
  return [...pods].sort((one, other) => rank(one) - rank(other) || age(other) - age(one)).slice(0, Math.max(0, count));
}

/** Creates a pod. Returns the reason if that failed. */
function createPod(state: ClusterState, object: KubeObject, set: ReplicaSet): string | undefined {
  const name = `${set.metadata.name}-${randomSuffix()}`;
  const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: set.metadata.name, uid: set.metadata.uid };
  const { labels, annotations } = set.spec.template?.metadata ?? {};
  try {
    refuseForQuotaFault(state, set, name);
    createAs(state, "kube-controller-manager", "pods", set.metadata.namespace ?? "", {
      metadata: {
        ...{ name, generateName: `${set.metadata.name}-`, labels, annotations },
        ownerReferences: [{ ...owner, controller: true, blockOwnerDeletion: true }],
      },
      spec: set.spec.template?.spec,
    });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const message = `Error creating: ${error.message}`;
    const component = "replicaset-controller";
    recordEvent(state, object, { type: "Warning", reason: "FailedCreate", message, component, sameAs: "any pod" });
    return error.message;
  }
  const message = `Created pod: ${name}`;
  recordEvent(state, object, {
    type: "Normal",
    reason: "SuccessfulCreate",
    message,
    component: "replicaset-controller",
  });
  return undefined;
}

function refuseForQuotaFault(state: ClusterState, set: ReplicaSet, pod: string): void {
  const images = set.spec.template?.spec?.containers.map((container) => container.image ?? "") ?? [];
  const fault = state.faults.of(set.metadata.namespace ?? "", controllerOf(set)?.name, images);
  if (fault !== "quota") return;
  const full = exceededQuota("local-fault", [{ resource: "pods", requested: 1, used: 1, limited: "1" }]);
  throw forbidden(kindOf("pods"), pod, full);
}

function deletePod(state: ClusterState, set: KubeObject, pod: KubeObject): void {
  remove(state, "pods", pod);
  const message = `Deleted pod: ${pod.metadata.name}`;
  recordEvent(state, set, { type: "Normal", reason: "SuccessfulDelete", message, component: "replicaset-controller" });
}

function writeSetStatus(state: ClusterState, set: ReplicaSet, pods: readonly Pod[], failure: string | undefined): void {
  const ready = pods.filter(isReady).length;
  const known = set.status?.conditions?.find((condition) => condition.type === "ReplicaFailure");
  const failed =
    failure === undefined
      ? undefined
      : {
          type: "ReplicaFailure",
          status: "True",
          reason: "FailedCreate",
          message: known?.message ?? failure,
          lastTransitionTime: known?.lastTransitionTime ?? timestamp(),
        };
  writeStatus(state, "kube-controller-manager", "replicasets.apps", set.metadata, {
    replicas: pods.length,
    ...withoutZeros({
      fullyLabeledReplicas: pods.length,
      readyReplicas: ready,
      availableReplicas: ready,
      observedGeneration: set.metadata.generation ?? 0,
    }),
    ...(failed === undefined ? {} : { conditions: [failed] }),
  });
}
