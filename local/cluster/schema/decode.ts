import { isJsonObject, type Json, type JsonObject } from "../objects.ts";
import { checkScalar, DecodeFault, goTypeOf, mismatch, type GoPlace } from "./go-types.ts";
import { quantityText } from "../quantity.ts";
import { schemaOfField, type Schema } from "./schema.ts";

export interface DecodeOptions {
  /** Custom resources leave type errors to their validation (422), built-in types refuse them at once (400). */
  checkTypes: boolean;
  /** Empty maps, lists and texts of built-in types are not stored, because Go's `omitempty` drops them. */
  dropEmpty: boolean;
}

export interface Decoded {
  object: JsonObject;
  /** Paths of unknown fields, in document order. They are not in the object. */
  unknown: string[];
}

/** Returns a copy with the schema's fields only. Throws DecodeFault for a value of the wrong type. */
export function decodeObject(value: unknown, schema: Schema, options: DecodeOptions): Decoded {
  const unknown: string[] = [];
  const decoder = { ...options, unknown };
  const decoded = decode(value as Json, schema, { struct: undefined, path: "" }, "", decoder);
  if (!isJsonObject(decoded)) throw new DecodeFault("the object provided is not an object");
  return { object: decoded, unknown };
}

interface Decoder extends DecodeOptions {
  unknown: string[];
}

function decode(value: Json, schema: Schema, place: GoPlace, path: string, decoder: Decoder): Json | undefined {
  if (value === null) return undefined;
  switch (schema.type) {
    case "any":
      return structuredClone(value);
    case "scalar":
      if (decoder.checkTypes) checkScalar(value, schema, place);
      if (schema.goType === "resource.Quantity" && typeof value === "number") return quantityText(value);
      return typeof value === "object" ? structuredClone(value) : value;
    case "list":
      if (!Array.isArray(value)) return keptOrRefused(value, schema, place, decoder);
      return value.map(
        (item, i) => decode(item, schema.items, place, `${path}[${i}]`, decoder) ?? nothingOf(schema.items, decoder),
      );
    case "map":
      if (!isJsonObject(value)) return keptOrRefused(value, schema, place, decoder);
      return decodeEntries(value, schema.values, place, path, decoder);
    case "struct":
      if (!isJsonObject(value)) return keptOrRefused(value, schema, place, decoder);
      return decodeFields(value, schema, place, path, decoder);
  }
}

/** What null is in a list: Go has no null there, and takes the type's zero value. */
function nothingOf(schema: Schema, { checkTypes }: Decoder): Json {
  return checkTypes && schema.type === "struct" ? {} : null;
}

function decodeEntries(value: JsonObject, schema: Schema, place: GoPlace, path: string, decoder: Decoder): JsonObject {
  const kept: JsonObject = {};
  for (const [name, entry] of Object.entries(value)) {
    if (entry === undefined) continue;
    const decoded = decode(entry, schema, place, `${path}.${name}`, decoder);
    if (decoded !== undefined) kept[name] = decoded;
    // Go reads null into a map of text as an empty text.
    else if (decoder.checkTypes && schema.type === "scalar" && schema.of === "string") kept[name] = "";
  }
  return kept;
}

function decodeFields(
  value: JsonObject,
  schema: Extract<Schema, { type: "struct" }>,
  place: GoPlace,
  path: string,
  decoder: Decoder,
): JsonObject {
  const kept: JsonObject = {};
  const inside = (name: string): string => (path === "" ? name : `${path}.${name}`);
  for (const [name, field] of Object.entries(value)) {
    if (field === undefined) continue;
    const below = schemaOfField(schema, name);
    if (below === undefined) {
      decoder.unknown.push(inside(name));
      continue;
    }
    const at = { struct: schema.name, path: place.path === "" ? name : `${place.path}.${name}` };
    const checks = ownChecks(schema, name, decoder);
    // A custom resource's metadata is decoded separately.
    const decoded = decode(
      field,
      below,
      checks === decoder ? at : { struct: undefined, path: "" },
      inside(name),
      checks,
    );
    if (decoded === undefined) continue;
    if (decoder.dropEmpty && isEmpty(decoded, below, `${schema.name ?? ""}.${name}`)) continue;
    kept[name] = decoded;
  }
  return kept;
}

/** Metadata is a built-in type in a custom resource too. */
function ownChecks(schema: Schema, field: string, decoder: Decoder): Decoder {
  const isCustom = schema.type === "struct" && schema.name === undefined;
  return isCustom && field === "metadata" && !decoder.checkTypes ? { ...decoder, checkTypes: true } : decoder;
}

/** Pointers keep an empty text: "" is no storage class, and in a network policy a fault. */
const pointersToText = new Set([
  "PersistentVolumeClaimSpec.storageClassName",
  "NetworkPolicyPort.port",
  "NetworkPolicyPort.protocol",
]);

function isEmpty(value: Json, schema: Schema, field: string): boolean {
  if (schema.type === "map") return isJsonObject(value) && Object.keys(value).length === 0;
  if (schema.type === "list") return Array.isArray(value) && value.length === 0;
  return value === "" && schema.type === "scalar" && !pointersToText.has(field);
}

function keptOrRefused(value: Json, schema: Schema, place: GoPlace, decoder: Decoder): Json {
  if (decoder.checkTypes) throw mismatch(value, goTypeOf(schema), place);
  return structuredClone(value);
}
