import { updateObject, createObject } from "../api/writer.ts";
import { deleteObject } from "../api/delete.ts";
import type { DeleteOptions } from "../api/delete-options.ts";
import type { Kind } from "../kinds/kind.ts";
import { kindOf } from "../kinds/kinds.ts";
import type { Faults } from "../kubelet/faults.ts";
import type { PodDelays } from "../kubelet/pod-steps.ts";
import { textOf, type KubeObject } from "../objects.ts";
import type { Store } from "../store/store.ts";

/** What controllers and kubelet share. */
export interface ClusterState {
  store: Store;
  kinds: readonly Kind[];
  faults: Faults;
  delays: PodDelays;
  log: (line: string) => void;
  /** Processes an object again after some time. The earlier of two calls for the same object wins. */
  lookAgain: (kind: string, object: { metadata: { name: string; namespace?: string } }, afterMs: number) => void;
}

export type Component = "kube-controller-manager" | "kubelet" | "kube-scheduler";

export function createAs(
  state: ClusterState,
  component: Component,
  kind: string,
  namespace: string,
  body: object,
): KubeObject {
  return createObject(state.store, kindOf(kind, state.kinds), namespace, body, { writer: { manager: component } });
}

export function updateAs(
  state: ClusterState,
  component: Component,
  kind: string,
  before: KubeObject,
  after: object,
): KubeObject {
  return updateObject(state.store, kindOf(kind, state.kinds), before, after, { writer: { manager: component } });
}

/** Writes a status computed from the stored object, unless it is unchanged. */
export function writeStatus(
  state: ClusterState,
  component: Component,
  kind: string,
  at: { name: string; namespace?: string },
  status: object,
): void {
  const before = state.store.get(kind, at.namespace ?? "", at.name);
  if (before === undefined) return;
  const writer = { manager: component, subresource: "status" };
  updateObject(state.store, kindOf(kind, state.kinds), before, { ...before, status }, { writer });
}

export function remove(
  state: ClusterState,
  kind: string,
  object: KubeObject,
  options: DeleteOptions = { propagation: "Background" },
): void {
  deleteObject(state.store, kindOf(kind, state.kinds), object, options);
}

/** Go's `omitempty`: numbers that are 0 are not written in a status. */
export function withoutZeros<T extends object>(status: T): T {
  return Object.fromEntries(Object.entries(status).filter(([, value]) => value !== 0 && value !== undefined)) as T;
}

/** Returns the owner that controls an object, if it has one. */
export const controllerOf = (
  object: Pick<KubeObject, "metadata">,
): { kind: string; name: string; uid: string } | undefined =>
  object.metadata.ownerReferences?.find((owner) => owner.controller === true);

/** True if the pod's containers will not run again. */
export const hasEnded = (pod: KubeObject): boolean => ["Succeeded", "Failed"].includes(textOf(pod.status?.["phase"]));
