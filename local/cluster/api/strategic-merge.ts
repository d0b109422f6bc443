import { isDeepStrictEqual } from "node:util";
import { isJsonObject, type Json, type JsonObject } from "../objects.ts";
import { DecodeFault } from "../schema/go-types.ts";
import { ApiError } from "../status.ts";
import { anything, schemaOfField, type ListSchema, type Schema } from "../schema/schema.ts";

/**
 * Kubernetes' strategic merge patch: lists with a merge key are merged item by item; `$patch: delete|replace`,
 * `$retainKeys`, `$deleteFromPrimitiveList/…` and `$setElementOrder/…` are supported.
 */
export function strategicMerge(target: JsonObject, patch: JsonObject, schema: Schema): JsonObject {
  if (patch["$patch"] === "replace") return withoutDirectives(patch);
  if (patch["$patch"] === "delete") return {};
  const retained = patch["$retainKeys"];
  const merged: JsonObject = Array.isArray(retained)
    ? Object.fromEntries(Object.entries(target).filter(([name]) => retained.includes(name)))
    : { ...target };
  for (const [name, value] of Object.entries(patch)) {
    if (name.startsWith("$") || value === undefined) continue;
    if (value === null) Reflect.deleteProperty(merged, name);
    else merged[name] = mergeField(merged[name], value, schemaOfField(schema, name) ?? anything);
  }
  applyListDirectives(merged, patch, schema);
  return merged;
}

function mergeField(target: Json | undefined, patch: Json, schema: Schema): Json {
  if (schema.type === "list" && !Array.isArray(patch))
    throw new DecodeFault(`cannot restore slice from ${isJsonObject(patch) ? "map" : typeof patch}`);
  if (isJsonObject(patch)) return strategicMerge(isJsonObject(target) ? target : {}, patch, schema);
  if (!Array.isArray(patch) || schema.type !== "list" || schema.kind === "atomic") return withoutMarks(patch);
  const present = Array.isArray(target) ? target : [];
  if (schema.kind === "set") return [...present, ...patch.filter((item) => !present.includes(item))];
  return mergeItems(present, patch, schema);
}

function mergeItems(present: Json[], patch: Json[], schema: ListSchema): Json[] {
  const [key = ""] = schema.keys;
  const items = patch.filter(isJsonObject);
  const nameless = items.find((item) => item[key] === undefined && item["$patch"] === undefined);
  if (nameless !== undefined)
    throw new ApiError(500, "", `map: ${goText(nameless)} does not contain declared merge key: ${key}`);
  if (items.some((item) => item["$patch"] === "replace")) {
    return items.filter((item) => item["$patch"] !== "replace").map(withoutDirectives);
  }
  const merged = [...present];
  for (const item of items) {
    const at = merged.findIndex((each) => isJsonObject(each) && isDeepStrictEqual(each[key], item[key]));
    const found = merged[at];
    if (item["$patch"] === "delete") {
      if (at >= 0) merged.splice(at, 1);
    } else if (isJsonObject(found)) merged[at] = strategicMerge(found, item, schema.items);
    else merged.push(strategicMerge({}, item, schema.items));
  }
  return merged;
}

function applyListDirectives(merged: JsonObject, patch: JsonObject, schema: Schema): void {
  for (const [directive, value] of Object.entries(patch)) {
    const [, verb, name = ""] = /^\$(deleteFromPrimitiveList|setElementOrder)\/(.+)$/.exec(directive) ?? [];
    const list = merged[name];
    if (verb === undefined || !Array.isArray(value) || !Array.isArray(list)) continue;
    if (verb === "deleteFromPrimitiveList") merged[name] = list.filter((item) => !value.includes(item));
    else merged[name] = ordered(list, value, schemaOfField(schema, name));
  }
}

/** Items that are not in the order keep their place after those that are. */
function ordered(list: Json[], order: Json[], schema: Schema | undefined): Json[] {
  const key = schema?.type === "list" ? schema.keys[0] : undefined;
  const keyed = (item: Json): Json | undefined => (key !== undefined && isJsonObject(item) ? item[key] : item);
  const rank = (item: Json): number => {
    const at = order.findIndex((each) => isDeepStrictEqual(keyed(each), keyed(item)));
    return at < 0 ? order.length : at;
  };
  return [...list].sort((one, other) => rank(one) - rank(other));
}

/** A value as Go prints it. */
export function goText(value: Json | undefined): string {
  if (Array.isArray(value)) return `[${value.map(goText).join(" ")}]`;
  if (!isJsonObject(value)) return value === null || value === undefined ? "<nil>" : String(value);
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `map[${entries.map(([name, each]) => `${name}:${goText(each)}`).join(" ")}]`;
}

const withoutDirectives = (object: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([name, value]) => !name.startsWith("$") && value !== null));

const withoutMarks = (value: Json): Json =>
  Array.isArray(value) ? value.map((item) => (isJsonObject(item) ? withoutDirectives(item) : item)) : value;
