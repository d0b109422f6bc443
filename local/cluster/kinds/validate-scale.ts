import { isJsonObject, type Json } from "../objects.ts";
import { wrong, type Cause } from "../status.ts";

const largest = 2 ** 31 - 1;

/** Faults of the field behind a custom resource's scale subresource: the replicas must fit into 32 bits. */
export function validateReplicas(part: Json | undefined, path: ".spec.replicas" | ".status.replicas"): Cause[] {
  if (part === undefined || part === null) return [];
  if (!isJsonObject(part)) return [inaccessible(path, part, "map[string]interface{}")];
  const replicas = part["replicas"];
  if (replicas === undefined) return [];
  if (typeof replicas !== "number" || !Number.isInteger(replicas)) return [inaccessible(path, replicas, "int64")];
  if (replicas < 0) return [wrong(path, replicas, "should be a non-negative integer")];
  return replicas > largest ? [wrong(path, replicas, `should be less than or equal to ${largest}`)] : [];
}

function inaccessible(path: string, value: Json, expected: string): Cause {
  const shown = isJsonObject(value) ? `map${JSON.stringify(value)}` : Array.isArray(value) ? "[]" : String(value);
  return wrong(path, 0, `${path} accessor error: ${shown} is of the type ${goTypeOf(value)}, expected ${expected}`);
}

function goTypeOf(value: Json): string {
  if (Array.isArray(value)) return "[]interface {}";
  if (isJsonObject(value)) return "map[string]interface {}";
  if (typeof value === "boolean") return "bool";
  return typeof value === "number" ? "float64" : "string";
}
