import { isJsonObject, type Json, type JsonObject } from "../objects.ts";
import { schemaOfField, type Schema } from "../schema/schema.ts";
import { below, fieldBelow, itemElement, type FieldSet } from "./field-path.ts";

const unowned = new Set([
  "f:apiVersion",
  "f:kind",
  "f:metadata",
  ...[
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "selfLink",
    "managedFields",
  ].map((name) => fieldBelow("f:metadata", name)),
]);

/** Fields that name the object or belong to the server; nobody manages them. */
export const isUnowned = (path: string): boolean =>
  unowned.has(path) || path.startsWith(`${fieldBelow("f:metadata", "managedFields")}\u0001`);

/** The fields that an applied configuration claims. */
export function fieldsOf(config: JsonObject, schema: Schema): FieldSet {
  const set: FieldSet = new Set();
  collect(config, schema, "", set);
  for (const path of set) if (isUnowned(path)) set.delete(path);
  return set;
}

function collect(value: Json, schema: Schema, path: string, set: FieldSet): void {
  if (isJsonObject(value) && (schema.type === "map" || (schema.type === "struct" && !schema.atomic))) {
    for (const [name, child] of Object.entries(value)) {
      const childSchema = schemaOfField(schema, name);
      if (child === undefined || childSchema === undefined) continue;
      const childPath = fieldBelow(path, name);
      const empty = isJsonObject(child) && Object.keys(child).length === 0;
      if (empty || schema.type === "map") set.add(childPath);
      collect(child, childSchema, childPath, set);
    }
    return;
  }
  if (Array.isArray(value) && schema.type === "list" && schema.kind !== "atomic") {
    for (const item of value) {
      const itemPath = below(path, itemElement(item, schema));
      set.add(itemPath);
      if (schema.kind === "map") collect(item, schema.items, itemPath, set);
    }
    return;
  }
  if (path !== "") set.add(path);
}
