import { timestamp, type Pod } from "../objects.ts";

export type PodStatus = NonNullable<Pod["status"]>;
export type ContainerStatus = NonNullable<PodStatus["containerStatuses"]>[number];
export type ContainerState = NonNullable<ContainerStatus["state"]>;
type Condition = NonNullable<PodStatus["conditions"]>[number];

/** Sets conditions. One with the same status keeps the time of its last transition. */
export function withConditions(
  status: PodStatus,
  conditions: readonly Omit<Condition, "lastTransitionTime">[],
): PodStatus {
  const merged = new Map((status.conditions ?? []).map((each) => [each.type, each]));
  for (const condition of conditions) {
    const before = merged.get(condition.type);
    const lastTransitionTime = before?.status === condition.status ? before.lastTransitionTime : undefined;
    merged.set(condition.type, { ...condition, lastTransitionTime: lastTransitionTime ?? timestamp() });
  }
  return { ...status, conditions: [...merged.values()] };
}

/** Gives every container the same state, and sets the Ready conditions accordingly. */
export function withContainers(
  pod: Pod,
  state: ContainerState,
  change: { ready: boolean; lastState?: ContainerState; restarted?: boolean },
): PodStatus {
  const status = pod.status ?? {};
  const before = new Map((status.containerStatuses ?? []).map((each) => [each.name, each]));
  const containerStatuses = pod.spec.containers.map((container): ContainerStatus => {
    const known = before.get(container.name);
    const lastState = change.lastState ?? known?.lastState ?? {};
    return {
      name: container.name,
      image: container.image ?? "",
      imageID: state.waiting && !known?.imageID ? "" : `local/${container.image ?? ""}`,
      ready: change.ready,
      started: state.running !== undefined,
      restartCount: (known?.restartCount ?? 0) + (change.restarted === true ? 1 : 0),
      state,
      lastState,
    };
  });
  const names = pod.spec.containers.map((container) => container.name).join(" ");
  const waits = { reason: "ContainersNotReady", message: `containers with unready status: [${names}]` };
  const ready = change.ready ? { status: "True" } : { status: "False", ...waits };
  return withConditions({ ...status, containerStatuses }, [
    { type: "Initialized", status: "True" },
    { type: "Ready", ...ready },
    { type: "ContainersReady", ...ready },
    { type: "PodScheduled", status: "True" },
  ]);
}
