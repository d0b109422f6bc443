import { timestamp, type Deployment, type ReplicaSet } from "../objects.ts";
import { withoutZeros } from "./cluster-state.ts";
import { rolloutLimits } from "./rollout.ts";

type Status = NonNullable<Deployment["status"]>;
type Condition = NonNullable<Status["conditions"]>[number];
type News = Pick<Condition, "type" | "status" | "reason" | "message">;

/** Computes a Deployment's status from its ReplicaSets, with the real controller's conditions and messages. */
export function deploymentStatus(
  deployment: Deployment,
  current: ReplicaSet | undefined,
  all: readonly ReplicaSet[],
  now: Date,
): Status {
  const count = (of: (set: ReplicaSet) => number | undefined): number =>
    all.reduce((sum, set) => sum + (of(set) ?? 0), 0);
  const desired = deployment.spec.replicas ?? 1;
  const available = count((set) => set.status?.availableReplicas);
  const counts = {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: count((set) => set.status?.replicas),
    updatedReplicas: current?.status?.replicas ?? 0,
    readyReplicas: count((set) => set.status?.readyReplicas),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, count((set) => set.spec.replicas) - available),
  };
  const enough = available >= desired - (desired === 0 ? 0 : rolloutLimits(deployment).maxUnavailable);
  const before = deployment.status ?? {};
  let conditions = before.conditions ?? [];
  conditions = withCondition(conditions, now, {
    type: "Available",
    status: enough ? "True" : "False",
    reason: enough ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
    message: enough ? "Deployment has minimum availability." : "Deployment does not have minimum availability.",
  });
  conditions = withProgress(deployment, current, counts, conditions, now);
  const failure = current?.status?.conditions?.find((condition) => condition.type === "ReplicaFailure");
  conditions = conditions.filter((condition) => condition.type !== "ReplicaFailure" || failure !== undefined);
  if (failure !== undefined) {
    const { type, status, reason, message } = failure;
    conditions = withCondition(conditions, now, {
      type,
      status,
      ...(reason ? { reason } : {}),
      ...(message ? { message } : {}),
    });
  }
  return { ...withoutZeros(counts), conditions };
}

/** A condition with the same status and reason stays unchanged, including its message, as in the real controller. */
export function withCondition(conditions: Condition[], now: Date, news: News, refresh = false): Condition[] {
  const before = conditions.find((condition) => condition.type === news.type);
  if (!refresh && before?.status === news.status && before.reason === news.reason) return conditions;
  const lastUpdateTime = timestamp(now);
  const lastTransitionTime =
    before?.status === news.status ? (before.lastTransitionTime ?? lastUpdateTime) : lastUpdateTime;
  return [
    ...conditions.filter((condition) => condition.type !== news.type),
    { ...news, lastUpdateTime, lastTransitionTime },
  ];
}

export const progressing = (status: "True" | "False", reason: string, message: string): News => ({
  ...{ type: "Progressing", status, reason, message },
});

function withProgress(
  deployment: Deployment,
  current: ReplicaSet | undefined,
  counts: Required<Pick<Status, "replicas" | "updatedReplicas" | "readyReplicas" | "availableReplicas">>,
  conditions: Condition[],
  now: Date,
): Condition[] {
  if (current === undefined) return conditions;
  const name = `ReplicaSet "${current.metadata.name}"`;
  const known = conditions.find((condition) => condition.type === "Progressing");
  const desired = deployment.spec.replicas ?? 1;
  // A finished rollout stays finished, whatever happens to its pods: scaling up again starts no new deadline.
  const wasComplete = known?.reason === "NewReplicaSetAvailable" && counts.replicas === counts.updatedReplicas;
  if (wasComplete) return conditions;
  const { replicas, updatedReplicas, availableReplicas } = counts;
  if (updatedReplicas === desired && replicas === desired && availableReplicas === desired) {
    return withCondition(
      conditions,
      now,
      progressing("True", "NewReplicaSetAvailable", `${name} has successfully progressed.`),
    );
  }
  const before = deployment.status ?? {};
  const moved =
    updatedReplicas > (before.updatedReplicas ?? 0) ||
    counts.readyReplicas > (before.readyReplicas ?? 0) ||
    availableReplicas > (before.availableReplicas ?? 0) ||
    replicas - updatedReplicas < (before.replicas ?? 0) - (before.updatedReplicas ?? 0);
  if (moved)
    return withCondition(conditions, now, progressing("True", "ReplicaSetUpdated", `${name} is progressing.`), true);
  if (isOverdue(deployment, known, now)) {
    return withCondition(
      conditions,
      now,
      progressing("False", "ProgressDeadlineExceeded", `${name} has timed out progressing.`),
    );
  }
  return conditions;
}

/** Returns the milliseconds until a stuck rollout is overdue; undefined if there is no deadline. */
export function msUntilOverdue(deployment: Deployment, now: Date): number | undefined {
  const known = deployment.status?.conditions?.find((condition) => condition.type === "Progressing");
  if (known?.status !== "True" || known.reason === "NewReplicaSetAvailable") return undefined;
  const seconds = deployment.spec.progressDeadlineSeconds ?? 600;
  return Date.parse(known.lastUpdateTime ?? timestamp(now)) + seconds * 1000 - now.getTime();
}

function isOverdue(deployment: Deployment, known: Condition | undefined, now: Date): boolean {
  if (known?.status !== "True") return false;
  const left = msUntilOverdue(deployment, now);
  return left !== undefined && left <= 0;
}
