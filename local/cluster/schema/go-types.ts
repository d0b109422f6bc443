import { isJsonObject, type Json } from "../objects.ts";
import type { ScalarSchema, Schema } from "./schema.ts";

/** A body that cannot be read as its type. The message is that of Go's decoder; the catcher adds what was decoded. */
export class DecodeFault extends Error {}

/** The position of Go's decoder: the struct with the field, and the field's path without indexes. */
export interface GoPlace {
  struct: string | undefined;
  path: string;
}

const largest = { int32: 2 ** 31 - 1, int64: Number.MAX_SAFE_INTEGER } as const;

/** Throws DecodeFault for a value that does not fit, like Go's JSON decoder. */
export function checkScalar(value: Json, schema: ScalarSchema, place: GoPlace): void {
  if (schema.of === "int-or-string") {
    if (typeof value !== "string" && !Number.isInteger(value)) throw mismatch(value, "int32", place);
    return;
  }
  if (schema.goType === "resource.Quantity" && typeof value === "number") return;
  if (typeof value !== schema.of) throw mismatch(value, goTypeOf(schema), place);
  const { format } = schema;
  if ((format === "int32" || format === "int64") && typeof value === "number") {
    const fits = Number.isInteger(value) && Math.abs(value) <= largest[format];
    if (!fits) throw mismatch(value, format, place, ` ${value}`);
  }
  if (format === "date-time" && typeof value === "string" && value !== "" && Number.isNaN(Date.parse(value))) {
    const text = JSON.stringify(value);
    throw new DecodeFault(`parsing time ${text} as "2006-01-02T15:04:05Z07:00": cannot parse ${text} as "2006"`);
  }
  if (schema.goType === "resource.Quantity" && typeof value === "string" && !quantityPattern.test(value))
    throw new DecodeFault(`quantities must match the regular expression '${quantityPattern.source}'`);
  if (format === "byte" && typeof value === "string") checkBase64(value);
}

const quantityPattern = /^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$/;

function checkBase64(text: string): void {
  if (/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) return;
  const bad = text.search(/[^A-Za-z0-9+/]/);
  throw new DecodeFault(`illegal base64 data at input byte ${bad < 0 ? text.length - (text.length % 4) : bad}`);
}

export function mismatch(value: Json, expected: string, { struct, path }: GoPlace, shown = ""): DecodeFault {
  const into = path === "" ? "value" : `struct field ${struct ?? ""}.${path}`;
  return new DecodeFault(`json: cannot unmarshal ${jsonTypeOf(value)}${shown} into Go ${into} of type ${expected}`);
}

function jsonTypeOf(value: Json): string {
  if (Array.isArray(value)) return "array";
  if (isJsonObject(value)) return "object";
  return typeof value === "boolean" ? "bool" : typeof value;
}

/** The Go type of a field, as the decoder names it. */
export function goTypeOf(schema: Schema): string {
  switch (schema.type) {
    case "struct":
      return `v1.${schema.name ?? ""}`;
    case "list":
      return `[]${goTypeOf(schema.items)}`;
    case "map":
      return `map[string]${goTypeOf(schema.values)}`;
    case "any":
      return "interface {}";
    case "scalar":
      if (schema.goType !== undefined) return schema.goType;
      if (schema.of === "string") return schema.format === "byte" ? "[]uint8" : "string";
      if (schema.of === "boolean") return "bool";
      return schema.of === "int-or-string" ? "intstr.IntOrString" : (schema.format ?? "float64");
  }
}
