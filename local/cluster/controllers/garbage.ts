import { apiVersionOf } from "../kinds/kind.ts";
import type { KubeObject, OwnerReference } from "../objects.ts";
import { remove, updateAs, type ClusterState } from "./cluster-state.ts";

/**
 * The garbage collector for one object: deletes it once all its owners are gone. With the finalizer of a foreground or
 * orphaning deletion, it waits for the dependents or releases them.
 */
export function collectGarbage(state: ClusterState, kind: string, object: KubeObject): void {
  const { metadata } = object;
  const owners = metadata.ownerReferences ?? [];
  if (owners.length > 0 && metadata.deletionTimestamp === undefined) {
    const present = owners.filter((owner) => isPresent(state, owner));
    // An owner in foreground deletion counts as gone: its dependents must be deleted before it.
    const staying = present.filter((owner) => !isWaitingForDependents(state, owner.uid));
    if (staying.length === 0) {
      const foreground = present.length > 0 && state.store.dependents(metadata.uid).length > 0;
      remove(state, kind, object, { propagation: foreground ? "Foreground" : "Background" });
      return;
    }
  }
  if (metadata.deletionTimestamp === undefined) return;
  if (metadata.finalizers?.includes("orphan")) letDependentsGo(state, kind, object);
  else if (metadata.finalizers?.includes("foregroundDeletion")) finishForeground(state, kind, object);
}

/** Owners of an unserved kind are assumed to exist: deleting on a guess would be worse. */
function isPresent(state: ClusterState, owner: OwnerReference): boolean {
  const isServed = state.kinds.some((kind) => kind.kind === owner.kind && apiVersionOf(kind) === owner.apiVersion);
  return !isServed || state.store.byUid(owner.uid) !== undefined;
}

function isWaitingForDependents(state: ClusterState, uid: string): boolean {
  const metadata = state.store.byUid(uid)?.object.metadata;
  return metadata?.deletionTimestamp !== undefined && (metadata.finalizers ?? []).includes("foregroundDeletion");
}

function finishForeground(state: ClusterState, kind: string, object: KubeObject): void {
  const dependents = state.store.dependents(object.metadata.uid);
  for (const dependent of dependents) collectGarbage(state, dependent.kind, dependent.object);
  const blocking = state.store
    .dependents(object.metadata.uid)
    .some(({ object: each }) =>
      each.metadata.ownerReferences?.some((owner) => owner.uid === object.metadata.uid && owner.blockOwnerDeletion),
    );
  if (!blocking) dropFinalizer(state, kind, object, "foregroundDeletion");
}

function letDependentsGo(state: ClusterState, kind: string, object: KubeObject): void {
  for (const dependent of state.store.dependents(object.metadata.uid)) {
    const { metadata } = dependent.object;
    const ownerReferences = (metadata.ownerReferences ?? []).filter((owner) => owner.uid !== object.metadata.uid);
    const after = { ...dependent.object, metadata: { ...metadata, ownerReferences } };
    updateAs(state, "kube-controller-manager", dependent.kind, dependent.object, after);
  }
  dropFinalizer(state, kind, object, "orphan");
}

function dropFinalizer(state: ClusterState, kind: string, object: KubeObject, finalizer: string): void {
  const stored = state.store.byUid(object.metadata.uid)?.object;
  if (stored === undefined) return;
  const finalizers = (stored.metadata.finalizers ?? []).filter((each) => each !== finalizer);
  updateAs(state, "kube-controller-manager", kind, stored, { ...stored, metadata: { ...stored.metadata, finalizers } });
}
