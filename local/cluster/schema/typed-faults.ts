import { isJsonObject, type Json } from "../objects.ts";
import { schemaOfField, type Schema } from "./schema.ts";

/** Returns why a configuration cannot be applied, with structured-merge-diff's message; undefined if it can. */
export function typedFault(value: unknown, schema: Schema): string | undefined {
  const faults = faultsOf(value as Json, schema, "");
  return faults.length > 1 ? `errors:\n${faults.map((fault) => `  ${fault}`).join("\n")}` : faults[0];
}

function faultsOf(value: Json, schema: Schema, path: string): string[] {
  if (value === null) return [];
  switch (schema.type) {
    case "any":
      return [];
    case "scalar":
      return scalarFaults(value, schema.of, path);
    case "list":
      if (!Array.isArray(value)) return [`${path}: expected list, got ${shown(value)}`];
      return value.flatMap((item, i) => faultsOf(item, schema.items, `${path}[${i}]`));
    case "map":
    case "struct":
      if (!isJsonObject(value)) return [`${path}: expected map, got ${shown(value)}`];
      return Object.entries(value).flatMap(([name, field]) => {
        const below = schemaOfField(schema, name);
        if (field === undefined) return [];
        if (below === undefined) return [`${path}.${name}: field not declared in schema`];
        return faultsOf(field, below, `${path}.${name}`);
      });
  }
}

function scalarFaults(value: Json, of: string, path: string): string[] {
  const actual = Number.isInteger(value) && of === "int-or-string" ? "int-or-string" : typeof value;
  if (actual === of || (of === "int-or-string" && actual === "string")) return [];
  if (of === "number") return [`${path}: expected numeric (int or float), got ${typeof value}`];
  return [`${path}: expected ${of}, got ${shown(value)}`];
}

const shown = (value: Json): string => `&value.valueUnstructured{Value:${JSON.stringify(value)}}`;
