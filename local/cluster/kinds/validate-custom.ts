import { isJsonObject, type Json } from "../objects.ts";
import type { OpenApiSchema } from "../schema/custom-schema.ts";
import { required, unsupported, wrong, type Cause } from "../status.ts";

/** A value's path: `field` from the object's root, `shown` from where its validation starts (separate for a status). */
interface Place {
  field: string;
  shown: string;
}

const below = ({ field, shown }: Place, name: string): Place => ({
  field: field === "" ? name : `${field}.${name}`,
  shown: shown === "" ? name : `${shown}.${name}`,
});
const item = ({ field, shown }: Place, i: number): Place => ({ field: `${field}[${i}]`, shown: `${shown}[${i}]` });

/** Faults of a custom resource against its definition, with the real API server's messages (kube-openapi). */
export function validateAgainst(
  value: Json | undefined,
  schema: OpenApiSchema,
  at: Place = { field: "", shown: "" },
): Cause[] {
  if (value === undefined) return [];
  const mistyped = typeFaults(value, schema, at);
  if (mistyped.length > 0) return mistyped;
  if (typeof value === "string") return textFaults(value, schema, at);
  if (Array.isArray(value)) {
    return value.flatMap((each, i) => validateAgainst(each, schema.items ?? {}, item(at, i)));
  }
  if (!isJsonObject(value)) return [];
  const causes: Cause[] = [];
  const missing = (name: string): boolean => value[name] === undefined;
  const choices = schema.anyOf ?? [];
  if (choices.length > 0 && choices.every((choice) => choice.required.some(missing))) {
    // The real server's answer has "<nil>" too.
    causes.push({ ...wrong("<nil>", "", `"${at.shown}" must validate at least one schema (anyOf)`) });
    causes.push(
      ...choices.slice(0, 1).flatMap((choice) => choice.required.map((name) => required(below(at, name).field))),
    );
  }
  for (const name of schema.required ?? []) if (missing(name)) causes.push(required(below(at, name).field));
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    causes.push(...validateAgainst(value[name], property, below(at, name)));
  }
  if (schema.additionalProperties !== undefined) {
    for (const [name, each] of Object.entries(value))
      causes.push(...validateAgainst(each, schema.additionalProperties, below(at, name)));
  }
  return causes;
}

function typeFaults(value: Json, schema: OpenApiSchema, at: Place): Cause[] {
  const actual = typeName(value);
  if (schema["x-kubernetes-int-or-string"] === true)
    return actual === "integer" || actual === "string" ? [] : [mistype(at, actual, "integer,string")];
  if (schema.type === undefined || actual === schema.type || (schema.type === "number" && actual === "integer"))
    return [];
  // A number instead of a date is reported with its Go type.
  if (schema.format === "date" && actual === "integer") return [mistype(at, "int64", "date")];
  const fault = mistype(at, actual, schema.type);
  return actual === "number" && schema.type === "integer"
    ? [fault, wrong("<nil>", "", `Checked value must be of type integer (default format) in ${at.shown}`)]
    : [fault];
}

function typeName(value: Json): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return Number.isInteger(value) ? "integer" : typeof value;
}

function mistype({ field, shown }: Place, actual: string, expected: string): Cause {
  return {
    reason: "FieldValueTypeInvalid",
    message: `Invalid value: "${actual}": ${shown} in body must be of type ${expected}: "${actual}"`,
    field,
  };
}

function textFaults(value: string, schema: OpenApiSchema, at: Place): Cause[] {
  if (schema.enum !== undefined && !schema.enum.includes(value)) return [unsupported(at.field, value, schema.enum)];
  if (schema.pattern !== undefined && !new RegExp(schema.pattern).test(value)) {
    return [wrong(at.field, value, `${at.shown} in body should match '${schema.pattern}'`)];
  }
  if (schema.format === "date" && !isDate(value)) {
    const message = `Invalid value: ${JSON.stringify(value)}: ${at.shown} in body must be of type date: ${JSON.stringify(value)}`;
    return [{ reason: "FieldValueTypeInvalid", message, field: at.field }];
  }
  return [];
}

const isDate = (value: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(value) &&
  !Number.isNaN(Date.parse(value)) &&
  new Date(value).toISOString().startsWith(value);
