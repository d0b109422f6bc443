import { isJsonObject, type Json } from "../objects.ts";
import type { OpenApiSchema } from "../schema/custom-schema.ts";
import { required, unsupported, wrong, type Cause } from "../status.ts";

/** Faults of a custom resource against its definition, in the words of the real API server (kube-openapi). */
export function validateAgainst(value: Json | undefined, schema: OpenApiSchema, path = ""): Cause[] {
  if (value === undefined) return [];
  const mistyped = typeFault(value, schema, path);
  if (mistyped !== undefined) return [mistyped];
  const causes: Cause[] = [];
  if (typeof value === "string") causes.push(...textFaults(value, schema, path));
  if (Array.isArray(value)) {
    value.forEach((item, i) => causes.push(...validateAgainst(item, schema.items ?? {}, `${path}[${i}]`)));
  }
  if (isJsonObject(value)) {
    const at = (name: string): string => (path === "" ? name : `${path}.${name}`);
    for (const name of schema.required ?? []) if (value[name] === undefined) causes.push(required(at(name)));
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      causes.push(...validateAgainst(value[name], property, at(name)));
    }
    if (schema.additionalProperties !== undefined) {
      for (const [name, each] of Object.entries(value))
        causes.push(...validateAgainst(each, schema.additionalProperties, at(name)));
    }
    const choices = schema.anyOf ?? [];
    if (choices.length > 0 && !choices.some((choice) => choice.required.every((name) => value[name] !== undefined))) {
      causes.push(wrong(path, "", `"${path}" must validate at least one schema (anyOf)`));
      causes.push(...choices.slice(0, 1).flatMap((choice) => choice.required.map((name) => required(at(name)))));
    }
  }
  return causes;
}

function typeFault(value: Json, schema: OpenApiSchema, path: string): Cause | undefined {
  if (schema["x-kubernetes-int-or-string"] === true) {
    return typeof value === "string" || Number.isInteger(value) ? undefined : mistype(path, value, "integer,string");
  }
  if (schema.type === undefined) return undefined;
  const actual = Array.isArray(value) ? "array" : value === null ? "null" : typeof value;
  const fits = schema.type === "integer" ? Number.isInteger(value) : actual === schema.type;
  return fits ? undefined : mistype(path, value, schema.type);
}

function mistype(path: string, value: Json, expected: string): Cause {
  const actual = Array.isArray(value) ? "array" : Number.isInteger(value) ? "integer" : typeof value;
  const shown = typeof value === "object" ? actual : value;
  return {
    reason: "FieldValueTypeInvalid",
    message: `Invalid value: ${JSON.stringify(String(shown))}: ${path} in body must be of type ${expected}: ${JSON.stringify(actual)}`,
    field: path,
  };
}

function textFaults(value: string, schema: OpenApiSchema, path: string): Cause[] {
  if (schema.enum !== undefined && !schema.enum.includes(value)) return [unsupported(path, value, schema.enum)];
  if (schema.pattern !== undefined && !new RegExp(schema.pattern).test(value)) {
    return [wrong(path, value, `${path} in body should match '${schema.pattern}'`)];
  }
  if (schema.format === "date" && !isDate(value)) {
    return [wrong(path, value, `${path} in body must be of type date: ${JSON.stringify(value)}`)];
  }
  return [];
}

const isDate = (value: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(value) &&
  !Number.isNaN(Date.parse(value)) &&
  new Date(value).toISOString().startsWith(value);
