import type { Deployment, ReplicaSet } from "../objects.ts";

export interface RolloutLimits {
  maxSurge: number;
  maxUnavailable: number;
}

const share = (value: number | string | undefined, of: number, round: (n: number) => number): number =>
  typeof value === "number" ? value : round((Number.parseFloat(value ?? "25%") / 100) * of);

/** How many additional pods, and how many unavailable ones, are allowed during a rollout. */
export function rolloutLimits({ spec }: Deployment): RolloutLimits {
  if (spec.strategy?.type === "Recreate") return { maxSurge: 0, maxUnavailable: 0 };
  const desired = spec.replicas ?? 1;
  const rolling = spec.strategy?.rollingUpdate;
  const maxSurge = share(rolling?.maxSurge, desired, Math.ceil);
  const maxUnavailable = share(rolling?.maxUnavailable, desired, Math.floor);
  // They must not both be 0, or the rollout could not proceed.
  return maxSurge === 0 && maxUnavailable === 0 ? { maxSurge, maxUnavailable: 1 } : { maxSurge, maxUnavailable };
}

const sum = (sets: readonly ReplicaSet[], of: (set: ReplicaSet) => number | undefined): number =>
  sets.reduce((total, set) => total + (of(set) ?? 0), 0);

/** Returns the replicas of each ReplicaSet, by name, for the next step from the old sets to the current one. */
export function rollingStep(
  deployment: Deployment,
  current: ReplicaSet,
  old: readonly ReplicaSet[],
): Map<string, number> {
  const desired = deployment.spec.replicas ?? 1;
  const { maxSurge, maxUnavailable } = rolloutLimits(deployment);
  const all = [current, ...old];
  const total = sum(all, (set) => set.spec.replicas);
  const has = current.spec.replicas ?? 0;
  const next = new Map<string, number>();
  if (has > desired) next.set(current.metadata.name, desired);
  else if (has < desired) {
    const room = Math.max(0, desired + maxSurge - total);
    next.set(current.metadata.name, has + Math.min(desired - has, room));
  }
  const notYetAvailable = has - (current.status?.availableReplicas ?? 0);
  let spare = total - (desired - maxUnavailable) - notYetAvailable;
  // Unavailable old pods go first: nothing is lost with them.
  for (const set of old) {
    const unhealthy = (set.spec.replicas ?? 0) - (set.status?.availableReplicas ?? 0);
    const down = Math.min(Math.max(0, spare), Math.max(0, unhealthy));
    next.set(set.metadata.name, (set.spec.replicas ?? 0) - down);
    spare -= down;
  }
  let surplus = sum(all, (set) => set.status?.availableReplicas) - (desired - maxUnavailable);
  for (const set of old) {
    const left = next.get(set.metadata.name) ?? 0;
    const down = Math.min(Math.max(0, surplus), left, Math.max(0, spare));
    next.set(set.metadata.name, left - down);
    surplus -= down;
    spare -= down;
  }
  return next;
}
