import { isJsonObject, omit, type KubeObject, type ManagedFieldsEntry, type ObjectMeta } from "../objects.ts";
import type { Kind } from "../kinds/kind.ts";
import { ApiError, badRequest, conflict, invalid, staleObject, wrong } from "../status.ts";

/** The metadata that a client may set in a new object; the server sets the rest. */
export const metadataForCreate = (sent: ObjectMeta): ObjectMeta =>
  omit(sent, "deletionTimestamp", "deletionGracePeriodSeconds", "managedFields", "generation");

const serversOwn = [
  "uid",
  "namespace",
  "creationTimestamp",
  "resourceVersion",
  "generation",
  "generateName",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
] as const;

/** The metadata after an update: the server's own fields stay, whatever the client sends. */
export function metadataForUpdate(before: ObjectMeta, sent: ObjectMeta): ObjectMeta {
  const kept = Object.entries(before).filter(([name]) => (serversOwn as readonly string[]).includes(name));
  return { ...omit(sent, ...serversOwn), ...Object.fromEntries(kept) } as ObjectMeta;
}

export function withManagedFields(object: KubeObject, managedFields: readonly ManagedFieldsEntry[]): KubeObject {
  const metadata: ObjectMeta = omit(object.metadata, "managedFields");
  if (managedFields.length > 0) metadata.managedFields = [...managedFields];
  return { ...object, metadata };
}

/** `managedFields: []` or `[{}]` in an update is the documented way to clear all ownership. */
export function clearsManagedFields(body: unknown): boolean {
  const metadata = isJsonObject(body) ? body["metadata"] : undefined;
  const fields = isJsonObject(metadata) ? metadata["managedFields"] : undefined;
  return Array.isArray(fields) && fields.every((entry) => isJsonObject(entry) && Object.keys(entry).length === 0);
}

/**
 * Checks that an update is meant for this object (400, 409) and, if it names a version, for this version (409). For a
 * custom resource it must name one (422), for its Scale it need not.
 */
export function checkIdentity(
  kind: Kind,
  { metadata: current }: KubeObject,
  { metadata: sent }: Pick<KubeObject, "metadata">,
  mustNameVersion: boolean = kind.custom,
): void {
  const { name, namespace, uid, resourceVersion } = sent;
  if (name === "") {
    throw badRequest(`the name of the object (${current.name} based on URL) was undeterminable: name must be provided`);
  }
  if (name !== current.name) {
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${current.name})`);
  }
  if (namespace !== undefined && namespace !== current.namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  if (uid && uid !== current.uid) {
    throw otherUid(kind, current, uid);
  }
  if (!resourceVersion && mustNameVersion) {
    const names = { group: kind.group, kind: kind.plural };
    throw invalid(names, name, [wrong("metadata.resourceVersion", 0, "must be specified for an update")]);
  }
  if (resourceVersion && !/^\d+$/.test(resourceVersion)) {
    throw new ApiError(500, "", `strconv.ParseUint: parsing ${JSON.stringify(resourceVersion)}: invalid syntax`);
  }
  if (resourceVersion && resourceVersion !== current.resourceVersion) throw staleObject(kind, name);
}

/** The key of an object in the real server's etcd, which its message about a different uid contains. */
function storageKey({ custom, group, plural }: Kind, { namespace = "", name }: ObjectMeta): string {
  return `/registry/${custom ? `${group}/` : ""}${plural}/${namespace === "" ? "" : `${namespace}/`}${name}`;
}

function otherUid(kind: Kind, current: ObjectMeta, uid: string): ApiError {
  const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.uid}`;
  const key = storageKey(kind, current);
  const error = `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${why}`;
  return conflict(kind, current.name, error);
}
