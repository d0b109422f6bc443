import { isJsonObject, type Json, type JsonObject } from "../objects.ts";
import { schemaOfField, type Schema } from "../schema/schema.ts";
import { below, fieldBelow, itemElement, type FieldSet } from "./field-path.ts";

/** Merges an applied configuration into the live object: maps and keyed lists merge, everything else is replaced. */
export function mergeConfig(live: JsonObject, config: JsonObject, schema: Schema): JsonObject {
  return merge(live, config, schema) as JsonObject;
}

function merge(live: Json | undefined, config: Json, schema: Schema): Json {
  if (
    isJsonObject(config) &&
    isJsonObject(live) &&
    (schema.type === "map" || (schema.type === "struct" && !schema.atomic))
  ) {
    const merged: JsonObject = { ...live };
    for (const [name, value] of Object.entries(config)) {
      const childSchema = schemaOfField(schema, name);
      if (value !== undefined && childSchema !== undefined) merged[name] = merge(live[name], value, childSchema);
    }
    return merged;
  }
  if (Array.isArray(config) && Array.isArray(live) && schema.type === "list" && schema.kind !== "atomic") {
    const applied = new Map(config.map((item) => [itemElement(item, schema), item]));
    const present = new Map(live.map((item) => [itemElement(item, schema), item]));
    const merged = [...applied].map(([key, item]) => merge(present.get(key), item, schema.items));
    return [...merged, ...[...present].filter(([key]) => !applied.has(key)).map(([, item]) => item)];
  }
  return structuredClone(config);
}

/** Returns the object without the given fields and list items, and without everything below them. */
export function withoutFields(object: JsonObject, paths: FieldSet, schema: Schema): JsonObject {
  return prune(object, paths, schema, "") as JsonObject;
}

function prune(value: Json, paths: FieldSet, schema: Schema, path: string): Json {
  if (isJsonObject(value)) {
    const kept: JsonObject = {};
    for (const [name, child] of Object.entries(value)) {
      const childPath = fieldBelow(path, name);
      const childSchema = schemaOfField(schema, name);
      if (child === undefined || paths.has(childPath)) continue;
      kept[name] = childSchema === undefined ? child : prune(child, paths, childSchema, childPath);
    }
    return kept;
  }
  if (Array.isArray(value) && schema.type === "list" && schema.kind !== "atomic") {
    return value.flatMap((item) => {
      const itemPath = below(path, itemElement(item, schema));
      return paths.has(itemPath) ? [] : [prune(item, paths, schema.items, itemPath)];
    });
  }
  return value;
}
