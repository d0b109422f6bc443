import { isDeepStrictEqual } from "node:util";
import { omit, timestamp, type JsonObject, type KubeObject, type ManagedFieldsEntry } from "../objects.ts";
import type { Schema } from "../schema/schema.ts";
import { compareFields } from "./compare.ts";
import { applyConflict, type FieldConflict } from "./conflict.ts";
import {
  difference,
  fieldBelow,
  fromFieldsV1,
  intersection,
  toFieldsV1,
  union,
  withAncestors,
  type FieldSet,
} from "./field-path.ts";
import { fieldsOf } from "./fields-of.ts";
import { mergeConfig, withoutFields } from "./merge.ts";

/** A writer: the field manager's name and, for a write through a subresource, the subresource's name. */
export interface Writer {
  manager: string;
  subresource?: string;
}

export interface Ownership {
  entry: Omit<ManagedFieldsEntry, "fieldsV1" | "time">;
  fields: FieldSet;
}

const identity = (entry: Ownership["entry"]): string =>
  JSON.stringify([entry.manager, entry.operation, entry.apiVersion, entry.subresource ?? ""]);

const read = (object: KubeObject | undefined): Ownership[] =>
  (object?.metadata.managedFields ?? []).map((entry) => ({
    entry: omit(entry, "fieldsV1", "time"),
    fields: fromFieldsV1(entry.fieldsV1),
  }));

/** Entries with unchanged fields keep their time, so that an apply that changes nothing writes nothing. */
function write(owners: readonly Ownership[], before: KubeObject | undefined): ManagedFieldsEntry[] {
  const old = new Map((before?.metadata.managedFields ?? []).map((entry) => [identity(entry), entry]));
  return owners
    .filter((owner) => owner.fields.size > 0)
    .map(({ entry, fields }) => {
      const fieldsV1 = toFieldsV1(fields);
      const known = old.get(identity(entry));
      return {
        ...entry,
        time: isDeepStrictEqual(known?.fieldsV1, fieldsV1) && known ? known.time : timestamp(),
        fieldsV1,
      };
    });
}

function ownerOf(owners: Ownership[], writer: Writer, operation: "Apply" | "Update", apiVersion: string): Ownership {
  const entry = {
    manager: writer.manager,
    operation,
    apiVersion,
    fieldsType: "FieldsV1" as const,
    ...(writer.subresource === undefined ? {} : { subresource: writer.subresource }),
  };
  const found = owners.find((owner) => identity(owner.entry) === identity(entry));
  if (found !== undefined) return found;
  const created: Ownership = { entry, fields: new Set() };
  owners.push(created);
  return created;
}

/** Go structs that an object always has, even if they are empty: only their fields have owners. */
const blankBuiltIn: JsonObject = {
  metadata: {},
  spec: { containers: [], strategy: {}, template: { metadata: {}, spec: { containers: [] } } },
  status: {},
  // Of an EndpointSlice, in which an empty list is null.
  endpoints: null,
  ports: null,
};

const plain = (object: KubeObject): JsonObject => object as unknown as JsonObject;

/**
 * Returns managedFields after a create, update or patch: the writer owns what it changed, and nobody owns removed
 * fields. If the update contains managedFields, they replace the previous owners first.
 */
export function fieldsAfterUpdate(
  found: KubeObject | undefined,
  after: KubeObject,
  { schema, custom }: { schema: Schema; custom: boolean },
  writer: Writer,
  named: readonly ManagedFieldsEntry[] = [],
): ManagedFieldsEntry[] {
  const before = found && named.length > 0 ? withOwners(found, named) : found;
  const owners = read(before);
  const blank = custom ? { metadata: {} } : blankBuiltIn;
  const { changed, removed } = compareFields(
    before === undefined ? blank : { ...blank, ...plain(before) },
    plain(after),
    schema,
  );
  if (changed.size === 0 && removed.size === 0) return before?.metadata.managedFields ?? [];
  const own = ownerOf(owners, writer, "Update", after.apiVersion);
  for (const owner of owners) {
    owner.fields = difference(owner.fields, removed);
    if (owner !== own) owner.fields = difference(owner.fields, changed);
  }
  own.fields = union(own.fields, changed);
  // A Scale omits 0, so nobody owns replicas that were scaled to 0.
  if (writer.subresource === "scale" && after.spec?.["replicas"] === 0)
    own.fields = difference(own.fields, new Set([fieldBelow("f:spec", "replicas")]));
  return write(owners, before);
}

/** Unchanged entries keep their time, because clients format times differently. */
function withOwners(object: KubeObject, named: readonly ManagedFieldsEntry[]): KubeObject {
  const same = (entry: ManagedFieldsEntry) =>
    object.metadata.managedFields?.find(
      (known) => identity(known) === identity(entry) && isDeepStrictEqual(known.fieldsV1, entry.fieldsV1),
    );
  return { ...object, metadata: { ...object.metadata, managedFields: named.map((entry) => same(entry) ?? entry) } };
}

/**
 * Server-side apply: returns the merged object with its managedFields. Fields that this manager applied before and now
 * omits are removed unless somebody else owns them. Unless forced, throws 409 with the owners of the fields it would
 * change.
 */
export function applyConfig(
  before: KubeObject | undefined,
  config: KubeObject,
  schema: Schema,
  writer: Writer,
  force: boolean,
): KubeObject {
  const owners = read(before);
  const own = ownerOf(owners, writer, "Apply", config.apiVersion);
  const last = own.fields;
  own.fields = fieldsOf(plain(config), schema);
  const live = before === undefined ? {} : plain(before);
  const merged = mergeConfig(live, plain(config), schema);
  const owned = withAncestors(owners.reduce<FieldSet>((all, owner) => union(all, owner.fields), new Set()));
  const dropped = difference(withAncestors(last), owned);
  const after = withoutFields(merged, dropped, schema) as unknown as KubeObject;

  const { changed, removed } = compareFields(live, plain(after), schema);
  const conflicts: FieldConflict[] = [];
  for (const owner of owners) {
    if (owner === own) continue;
    const fields = intersection(owner.fields, changed);
    if (fields.size > 0) conflicts.push({ owner: owner.entry, fields: [...fields].sort() });
    owner.fields = difference(difference(owner.fields, fields), removed);
  }
  if (conflicts.length > 0 && !force) throw applyConflict(conflicts);
  return { ...after, metadata: { ...after.metadata, managedFields: write(owners, before) } };
}
