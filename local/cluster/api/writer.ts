import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { fieldsAfterUpdate, type Writer } from "../apply/managed-fields.ts";
import { omit, timestamp, type JsonObject, type KubeObject, type ObjectMeta } from "../objects.ts";
import type { Kind } from "../kinds/kind.ts";
import { checkFinalizers, checkMetadata, unqualifiedFinalizers } from "../kinds/names.ts";
import { alreadyExists, ApiError, badRequest, invalid, type Cause } from "../status.ts";
import type { Store } from "../store/store.ts";
import { admitCreate } from "./admission.ts";
import { decodeBody } from "./decode-body.ts";
import { checkCustomKind } from "./type-of-body.ts";
import {
  checkIdentity,
  clearsManagedFields,
  metadataForCreate,
  metadataForUpdate,
  withManagedFields,
} from "./metadata.ts";
import { randomSuffix } from "./random-suffix.ts";

export interface WriteOptions {
  writer: Writer;
  dryRun?: boolean;
  /** Called with the body's unknown fields. */
  onUnknown?: (paths: readonly string[]) => void;
  /** Called with warnings for the client. */
  warn?: (text: string) => void;
  /** Set by server-side apply, which has computed them. */
  managedFields?: ObjectMeta["managedFields"];
}

/** Creates an object as POST does, and returns what was stored (or, with dryRun, would have been). */
export function createObject(
  store: Store,
  kind: Kind,
  namespace: string,
  body: unknown,
  options: WriteOptions,
): KubeObject {
  const { object, unknown } = decodeBody(kind, body);
  if (kind.custom) checkCustomKind(kind, object as unknown as JsonObject);
  options.onUnknown?.(unknown);
  const { metadata } = object;
  if (metadata.namespace !== undefined && metadata.namespace !== namespace && kind.namespaced) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  if (metadata.resourceVersion)
    throw new ApiError(500, "", "resourceVersion should not be set on objects to be created");
  if (metadata.name === "" && metadata.generateName)
    metadata.name = metadata.generateName.slice(0, 58) + randomSuffix();
  object.metadata = {
    ...metadataForCreate(metadata),
    ...(kind.namespaced ? { namespace } : {}),
    ...(kind.hasGeneration ? { generation: 1 } : {}),
    uid: randomUUID(),
    creationTimestamp: timestamp(),
  };
  if (kind.hasStatus) delete object.status;
  kind.setDefaults(object);
  throwFaults(kind, object.metadata.name, [...ownFaults(kind, object, options), ...kind.validate(object)]);
  if (store.get(kind.key, namespace, object.metadata.name)) throw alreadyExists(kind, object.metadata.name);
  admitCreate(store, kind, object);
  const managedFields = options.managedFields ?? fieldsAfterUpdate(undefined, object, kind, options.writer);
  const complete = withManagedFields(object, managedFields);
  return options.dryRun === true ? complete : store.put(kind.key, complete);
}

/** Replaces an object as PUT does. A write that changes nothing leaves the object and its resourceVersion unchanged. */
export function updateObject(
  store: Store,
  kind: Kind,
  before: KubeObject,
  body: unknown,
  options: WriteOptions,
): KubeObject {
  const { object: sent, unknown } = decodeBody(kind, body);
  options.onUnknown?.(unknown);
  checkIdentity(kind, before, sent);
  if (kind.custom) checkCustomKind(kind, sent as unknown as JsonObject);
  const after =
    options.writer.subresource === "status" ? withStatus(kind, before, sent.status) : withContent(kind, before, sent);
  const causes =
    options.writer.subresource === "status" && kind.validateStatus !== undefined
      ? kind.validateStatus(after)
      : [...ownFaults(kind, after, options), ...kind.validate(after), ...kind.validateUpdate(after, before)];
  throwFaults(kind, before.metadata.name, causes);
  const whole = options.writer.subresource === undefined;
  const named = whole ? sent.metadata.managedFields : undefined;
  const forget = whole && clearsManagedFields(body);
  const managedFields =
    options.managedFields ?? (forget ? [] : fieldsAfterUpdate(before, after, kind, options.writer, named));
  const complete = withManagedFields(after, managedFields);
  if (options.dryRun === true) return complete;
  if (isDeepStrictEqual(complete, before)) return before;
  const { namespace = "", name } = before.metadata;
  return isFinished(complete) ? (store.remove(kind.key, namespace, name) ?? complete) : store.put(kind.key, complete);
}

/** Everything except the status, if the kind has a subresource for it. */
function withContent(kind: Kind, before: KubeObject, sent: KubeObject): KubeObject {
  const after: KubeObject = { ...sent, metadata: metadataForUpdate(before.metadata, sent.metadata) };
  if (kind.hasStatus) delete after.status;
  if (kind.hasStatus && before.status !== undefined) after.status = before.status;
  kind.setDefaults(after);
  const counts =
    !isDeepStrictEqual(after.spec, before.spec) ||
    (kind.key === "deployments.apps" && annotated(before, after)) ||
    (kind.key === "endpointslices.discovery.k8s.io" && !isDeepStrictEqual(after, before));
  if (kind.hasGeneration && counts) {
    after.metadata.generation = (before.metadata.generation ?? 0) + 1;
  }
  return after;
}

/**
 * A Deployment's annotations count as its spec (kubernetes, deploymentStrategy.PrepareForUpdate); its controller writes
 * them with the status.
 */
function annotated(before: KubeObject, after: KubeObject): boolean {
  const people = ({ metadata }: KubeObject) => omit(metadata.annotations ?? {}, "deployment.kubernetes.io/revision");
  return !isDeepStrictEqual(people(before), people(after));
}

function withStatus(kind: Kind, before: KubeObject, status: KubeObject["status"]): KubeObject {
  const after: KubeObject = { ...before };
  delete after.status;
  if (status === undefined) return after;
  after.status = status;
  // A definition's defaults apply to the status too; those of built-in kinds are in the spec, which must not change
  // here.
  if (kind.custom) kind.setDefaults(after);
  return after;
}

/** Deletion waits only for finalizers and, for pods, for the kubelet, which finally deletes without a grace period. */
function isFinished({ metadata }: KubeObject): boolean {
  const noGrace = (metadata.deletionGracePeriodSeconds ?? 0) === 0;
  const isNamespace = metadata.namespace === undefined;
  return (
    metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).length === 0 && noGrace && !isNamespace
  );
}

function ownFaults(kind: Kind, object: KubeObject, { warn }: WriteOptions): Cause[] {
  const faults = checkMetadata(object, kind.nameRule);
  if (!kind.custom) return [...faults, ...checkFinalizers(object)];
  const why = "prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers";
  for (const { name } of unqualifiedFinalizers(object)) warn?.(`metadata.finalizers: ${JSON.stringify(name)}: ${why}`);
  return faults;
}

function throwFaults(kind: Kind, name: string, causes: readonly Cause[]): void {
  if (causes.length > 0) throw invalid(kind, name, causes);
}
