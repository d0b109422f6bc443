import type {
  CoreV1Event,
  DiscoveryV1EndpointPort,
  V1Endpoint,
  V1EndpointSlice,
  V1Pod,
  V1ReplicaSet,
  V1Deployment,
  V1ResourceQuota,
  V1Service,
} from "@kubernetes/client-node";

export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [field: string]: Json | undefined;
}

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface ManagedFieldsEntry {
  manager: string;
  operation: "Apply" | "Update";
  apiVersion: string;
  time: string;
  fieldsType: "FieldsV1";
  fieldsV1: JsonObject;
  subresource?: string;
}

export interface ObjectMeta {
  name: string;
  namespace?: string;
  generateName?: string;
  uid: string;
  resourceVersion: string;
  generation?: number;
  creationTimestamp: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  managedFields?: ManagedFieldsEntry[];
}

/** Any object as stored and sent. Stored objects are never changed in place: they are shared with watchers. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec?: JsonObject;
  status?: JsonObject;
  [field: string]: unknown;
}

/** A client model on the wire, where dates are text. */
type Wire<T> = T extends Date ? string : T extends object ? { [K in keyof T]: Wire<T[K]> } : T;
type Typed<T extends { spec?: unknown; status?: unknown }> = {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec: Wire<NonNullable<T["spec"]>>;
  status?: Wire<NonNullable<T["status"]>>;
};

export type Deployment = Typed<V1Deployment>;
export type ReplicaSet = Typed<V1ReplicaSet>;
export type Pod = Typed<V1Pod>;
export type Service = Typed<V1Service>;
export type ResourceQuota = Typed<V1ResourceQuota>;
export type EndpointSlice = Pick<V1EndpointSlice, "addressType"> & {
  metadata: ObjectMeta;
  /** Null instead of an empty list, as Go encodes a nil slice. */
  endpoints: Wire<V1Endpoint>[] | null;
  ports: Wire<DiscoveryV1EndpointPort>[] | null;
};
export type ClusterEvent = Wire<Omit<CoreV1Event, "metadata">> & { metadata: ObjectMeta };

export interface TypedKinds {
  "deployments.apps": Deployment;
  "replicasets.apps": ReplicaSet;
  pods: Pod;
  services: Service;
  resourcequotas: ResourceQuota;
  "endpointslices.discovery.k8s.io": EndpointSlice;
  events: ClusterEvent;
}

/** Casts an object to the type against which its kind's schema has already checked it. */
export function typed<K extends keyof TypedKinds>(_kind: K, object: KubeObject): TypedKinds[K] {
  return object as unknown as TypedKinds[K];
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Returns the object without some of its fields. */
export function omit<T extends object, K extends keyof T>(object: T, ...fields: readonly K[]): Omit<T, K> {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !fields.includes(name as K))) as Omit<T, K>;
}

/** Returns a value as text: unchanged if it is text, otherwise as JSON. */
export const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value ?? null));

/** Formats a time for the API: whole seconds, UTC. */
export function timestamp(at: Date = new Date()): string {
  return at.toISOString().replace(/\.\d+Z$/, "Z");
}
