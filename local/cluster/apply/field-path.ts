import { isJsonObject, type Json, type JsonObject } from "../objects.ts";
import type { ListSchema } from "../schema/schema.ts";

/**
 * A set of field paths. A path is its elements joined by `separator`; an element is written as in fieldsV1:
 * `f:name` for a field, `k:{"name":"x"}` for an item of a keyed list, `v:"x"` for an item of a set.
 */
export type FieldSet = Set<string>;

const separator = "\u0001";

/** Keys with defaults, so that an item without them is still found. */
const keyDefaults: Readonly<Record<string, Json>> = { protocol: "TCP" };

export const below = (path: string, element: string): string => (path === "" ? element : path + separator + element);
export const fieldBelow = (path: string, name: string): string => below(path, `f:${name}`);

/** The path element of an item of a keyed list or a set. */
export function itemElement(item: Json, list: ListSchema): string {
  if (list.kind === "set" || !isJsonObject(item)) return `v:${JSON.stringify(item)}`;
  const key: JsonObject = {};
  for (const name of [...list.keys].sort()) {
    const value = item[name] ?? keyDefaults[name];
    if (value !== undefined) key[name] = value;
  }
  return `k:${JSON.stringify(key)}`;
}

const elementsOf = (path: string): string[] => path.split(separator);

export const union = (one: FieldSet, other: FieldSet): FieldSet => new Set([...one, ...other]);
export const difference = (one: FieldSet, other: FieldSet): FieldSet =>
  new Set([...one].filter((path) => !other.has(path)));
export const intersection = (one: FieldSet, other: FieldSet): FieldSet =>
  new Set([...one].filter((path) => other.has(path)));

/** Returns the set's paths and all their ancestors. */
export function withAncestors(set: FieldSet): FieldSet {
  const all: FieldSet = new Set();
  for (const path of set) {
    for (let end = path.length; end > 0; end = path.lastIndexOf(separator, end - 1)) {
      all.add(path.slice(0, end));
      if (path.lastIndexOf(separator, end - 1) < 0) break;
    }
  }
  return all;
}

/** Converts the set to the nested object of `managedFields[].fieldsV1`. */
export function toFieldsV1(set: FieldSet): JsonObject {
  const root: JsonObject = {};
  for (const path of [...set].sort()) {
    let node = root;
    for (const element of elementsOf(path)) {
      const child = node[element];
      node = isJsonObject(child) ? child : (node[element] = {});
    }
    node["."] = {};
  }
  for (const node of Object.values(root)) if (isJsonObject(node)) dropLeafMarks(node);
  return root;
}

/** A leaf is a member by its mere presence; only an inner node needs the mark. */
function dropLeafMarks(node: JsonObject): void {
  const names = Object.keys(node);
  if (names.length === 1 && names[0] === ".") delete node["."];
  for (const child of Object.values(node)) if (isJsonObject(child)) dropLeafMarks(child);
}

export function fromFieldsV1(fields: JsonObject): FieldSet {
  const set: FieldSet = new Set();
  const walk = (node: JsonObject, path: string): void => {
    const children = Object.entries(node).filter(([element]) => element !== ".");
    if (path !== "" && (node["."] !== undefined || children.length === 0)) set.add(path);
    for (const [element, child] of children) if (isJsonObject(child)) walk(child, below(path, element));
  };
  walk(fields, "");
  return set;
}

/** `.spec.template.spec.containers[name="c"].image`, as conflicts name a field. */
export function shownPath(path: string): string {
  return elementsOf(path)
    .map((element) => {
      const rest = element.slice(2);
      if (element.startsWith("f:")) return `.${rest}`;
      if (element.startsWith("v:")) return `[=${rest}]`;
      const key = JSON.parse(rest) as JsonObject;
      return `[${Object.entries(key)
        .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
        .join(",")}]`;
    })
    .join("");
}
