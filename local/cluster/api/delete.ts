import { timestamp, type KubeObject } from "../objects.ts";
import type { Kind } from "../kinds/kind.ts";
import { conflict, forbidden } from "../status.ts";
import type { Store } from "../store/store.ts";
import type { DeleteOptions } from "./delete-options.ts";

/** Namespaces that cannot be deleted. */
const eternal = new Set(["default", "kube-system", "kube-public"]);

/**
 * Deletes at once, or marks the object if finalizers or the kubelet must act first. Returns the marked object, or
 * undefined if it is gone.
 */
export function deleteObject(
  store: Store,
  kind: Kind,
  object: KubeObject,
  options: DeleteOptions,
): KubeObject | undefined {
  checkPreconditions(kind, object, options);
  if (kind.key === "namespaces" && eternal.has(object.metadata.name))
    throw forbidden(kind, object.metadata.name, "this namespace may not be deleted");
  const finalizers = finalizersFor(object, options);
  const graceSeconds = kind.key === "pods" ? podGraceSeconds(object, options) : 0;
  const isNamespace = kind.key === "namespaces";
  const waits =
    finalizers.length > 0 || graceSeconds > 0 || (isNamespace && object.metadata.deletionTimestamp === undefined);
  const already = object.metadata.deletionTimestamp !== undefined;
  if (!waits && !isNamespace) {
    if (options.dryRun !== true) store.remove(kind.key, object.metadata.namespace ?? "", object.metadata.name);
    return undefined;
  }
  if (already && finalizers.length === (object.metadata.finalizers ?? []).length) return object;
  const marked = markForDeletion(object, finalizers, graceSeconds);
  if (isNamespace) marked.status = { ...marked.status, phase: "Terminating" };
  return options.dryRun === true ? marked : store.put(kind.key, marked);
}

function markForDeletion(object: KubeObject, finalizers: string[], graceSeconds: number): KubeObject {
  const { generation, deletionTimestamp } = object.metadata;
  return {
    ...object,
    metadata: {
      ...object.metadata,
      ...(finalizers.length === 0 ? {} : { finalizers }),
      ...(generation === undefined || deletionTimestamp !== undefined ? {} : { generation: generation + 1 }),
      deletionTimestamp: deletionTimestamp ?? timestamp(new Date(Date.now() + graceSeconds * 1000)),
      deletionGracePeriodSeconds: graceSeconds,
    },
  };
}

/** A pod that is not yet on a node, or has ended, needs no grace period. */
function podGraceSeconds(pod: KubeObject, options: DeleteOptions): number {
  const phase = pod.status?.["phase"];
  if (pod.spec?.["nodeName"] === undefined || phase === "Succeeded" || phase === "Failed") return 0;
  const own = pod.spec["terminationGracePeriodSeconds"];
  return options.gracePeriodSeconds ?? (typeof own === "number" ? own : 30);
}

function finalizersFor(object: KubeObject, { propagation }: DeleteOptions): string[] {
  const present = (object.metadata.finalizers ?? []).filter(
    (name) => name !== "orphan" && name !== "foregroundDeletion",
  );
  if (object.metadata.deletionTimestamp !== undefined) return object.metadata.finalizers ?? [];
  if (propagation === "Orphan") return [...present, "orphan"];
  if (propagation === "Foreground") return [...present, "foregroundDeletion"];
  return present;
}

function checkPreconditions(kind: Kind, { metadata }: KubeObject, { preconditions }: DeleteOptions): void {
  const names = { group: kind.group, plural: kind.kind, kind: kind.kind };
  const { uid, resourceVersion } = preconditions ?? {};
  if (uid !== undefined && uid !== metadata.uid) {
    const why = `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`;
    throw conflict(names, metadata.name, why);
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    const why = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`;
    throw conflict(names, metadata.name, why);
  }
}
