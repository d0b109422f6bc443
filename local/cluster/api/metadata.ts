import { isJsonObject, omit, type KubeObject, type ManagedFieldsEntry, type ObjectMeta } from "../objects.ts";
import type { Kind } from "../kinds/kind.ts";
import { badRequest, conflict, invalid, staleObject } from "../status.ts";

/** What a client may set in the metadata of a new object; the rest is the server's. */
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

/** `managedFields: []` or `[{}]` in an update forgets all ownership, which is the documented way to do so. */
export function clearsManagedFields(body: unknown): boolean {
  const metadata = isJsonObject(body) ? body["metadata"] : undefined;
  const fields = isJsonObject(metadata) ? metadata["managedFields"] : undefined;
  return Array.isArray(fields) && fields.every((entry) => isJsonObject(entry) && Object.keys(entry).length === 0);
}

/** An update must be meant for this object (400, 409) and, if it says so, for this version of it (409). */
export function checkIdentity(kind: Kind, { metadata: current }: KubeObject, { metadata: sent }: KubeObject): void {
  const { name, namespace, uid, resourceVersion } = sent;
  if (name !== current.name) {
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${current.name})`);
  }
  if (namespace !== undefined && namespace !== current.namespace) {
    const url = current.namespace ?? "";
    throw badRequest(`the namespace of the object (${namespace}) does not match the namespace on the request (${url})`);
  }
  if (uid && uid !== current.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.uid}`;
    throw conflict(kind, name, why);
  }
  if (!resourceVersion && kind.custom) {
    const message = "Invalid value: 0x0: must be specified for an update";
    throw invalid(kind, name, [{ reason: "FieldValueInvalid", message, field: "metadata.resourceVersion" }]);
  }
  if (resourceVersion && resourceVersion !== current.resourceVersion) throw staleObject(kind, name);
}
