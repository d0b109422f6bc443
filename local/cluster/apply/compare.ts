import { isDeepStrictEqual } from "node:util";
import { isJsonObject, type Json, type JsonObject } from "../objects.ts";
import { schemaOfField, type ListSchema, type Schema } from "../schema/schema.ts";
import { below, fieldBelow, itemElement, type FieldSet } from "./field-path.ts";
import { isUnowned } from "./fields-of.ts";

export interface Comparison {
  /** Fields that are new or have another value. */
  changed: FieldSet;
  removed: FieldSet;
}

/** Compares two objects field by field, with the field paths of ownership. */
export function compareFields(before: JsonObject, after: JsonObject, schema: Schema): Comparison {
  const result: Comparison = { changed: new Set(), removed: new Set() };
  walk(before, after, schema, "", result);
  for (const set of [result.changed, result.removed]) for (const path of set) if (isUnowned(path)) set.delete(path);
  return result;
}

function walk(
  before: Json | undefined,
  after: Json | undefined,
  schema: Schema,
  path: string,
  result: Comparison,
): void {
  if (before === undefined && after === undefined) return;
  const sides = [before, after].filter((side) => side !== undefined);
  const granular = schema.type === "map" || (schema.type === "struct" && !schema.atomic);
  if (granular && sides.every(isJsonObject) && sides.some((side) => Object.keys(side).length > 0)) {
    walkFields(isJsonObject(before) ? before : {}, isJsonObject(after) ? after : {}, schema, path, result);
  } else if (
    schema.type === "list" &&
    schema.kind !== "atomic" &&
    sides.every(Array.isArray) &&
    sides.some((side) => side.length > 0)
  ) {
    walkItems(Array.isArray(before) ? before : [], Array.isArray(after) ? after : [], schema, path, result);
  } else if (before !== undefined && after !== undefined && !isDeepStrictEqual(before, after)) {
    result.changed.add(path);
  }
  // A field that was added or removed is itself a member, whatever its value.
  if (path === "") return;
  if (before === undefined) result.changed.add(path);
  if (after === undefined) result.removed.add(path);
}

function walkFields(before: JsonObject, after: JsonObject, schema: Schema, path: string, result: Comparison): void {
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const childSchema = schemaOfField(schema, name);
    const childPath = fieldBelow(path, name);
    if (childSchema === undefined) continue;
    walk(before[name], after[name], childSchema, childPath, result);
  }
}

function walkItems(before: Json[], after: Json[], schema: ListSchema, path: string, result: Comparison): void {
  const byKey = (items: Json[]): Map<string, Json> => new Map(items.map((item) => [itemElement(item, schema), item]));
  const [old, current] = [byKey(before), byKey(after)];
  for (const element of new Set([...old.keys(), ...current.keys()])) {
    walk(old.get(element), current.get(element), schema.items, below(path, element), result);
  }
}
