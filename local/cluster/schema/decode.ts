import { isJsonObject, type Json, type JsonObject } from "../objects.ts";
import { ApiError, badRequest } from "../status.ts";
import { schemaOfField, type Schema } from "./schema.ts";

export interface DecodeOptions {
  /** "drop" forgets them as the real server does by default; "refuse" is for server-side apply. */
  unknownFields: "drop" | "refuse";
  /** Custom resources leave type errors to their own validation (422), built-in types refuse them at once (400). */
  checkTypes: boolean;
  /** Empty maps, lists and texts of built-in types are not stored, because Go's `omitempty` loses them. */
  dropEmpty: boolean;
}

/** A copy that holds only what the schema knows. Throws 400 for a value of the wrong type. */
export function decodeObject(value: unknown, schema: Schema, options: DecodeOptions): JsonObject {
  const decoded = decode(value as Json, schema, "", options);
  if (!isJsonObject(decoded)) throw badRequest("the object provided is unrecognized: it is not an object");
  return decoded;
}

function decode(value: Json, schema: Schema, path: string, options: DecodeOptions): Json | undefined {
  if (value === null) return undefined;
  switch (schema.type) {
    case "any":
      return structuredClone(value);
    case "scalar":
      if (options.checkTypes && !isOfType(value, schema.of)) throw mismatch(path, schema.of, value);
      return typeof value === "object" ? structuredClone(value) : value;
    case "list":
      if (!Array.isArray(value)) return keptOrRefused(value, "array", path, options);
      return value.map((item, i) => decode(item, schema.items, `${path}[${i}]`, options) ?? null);
    case "map":
    case "struct":
      if (!isJsonObject(value)) return keptOrRefused(value, "object", path, options);
      return decodeFields(value, schema, path, options);
  }
}

function decodeFields(value: JsonObject, schema: Schema, path: string, options: DecodeOptions): JsonObject {
  const kept: JsonObject = {};
  for (const [name, field] of Object.entries(value)) {
    if (field === undefined) continue;
    const below = schemaOfField(schema, name);
    if (below === undefined) {
      if (options.unknownFields === "refuse") throw undeclared(`${path}.${name}`);
      continue;
    }
    const decoded = decode(field, below, `${path}.${name}`, options);
    if (decoded === undefined) continue;
    if (options.dropEmpty && schema.type === "struct" && isEmpty(decoded, below, name)) continue;
    kept[name] = decoded;
  }
  return kept;
}

/** Pointers to text keep an empty text; storageClassName is the one in use here, where "" means "no class". */
function isEmpty(value: Json, schema: Schema, name: string): boolean {
  if (schema.type === "map") return isJsonObject(value) && Object.keys(value).length === 0;
  if (schema.type === "list") return Array.isArray(value) && value.length === 0;
  return value === "" && schema.type === "scalar" && name !== "storageClassName";
}

function isOfType(value: Json, type: string): boolean {
  if (type === "int-or-string") return typeof value === "string" || Number.isInteger(value);
  return typeof value === type;
}

function keptOrRefused(value: Json, expected: string, path: string, options: DecodeOptions): Json {
  if (options.checkTypes) throw mismatch(path, expected, value);
  return structuredClone(value);
}

const mismatch = (path: string, expected: string, value: Json): Error =>
  badRequest(
    `the object provided cannot be decoded: ${path.slice(1)}: expects ${expected}, but found ${JSON.stringify(value)}`,
  );

const undeclared = (path: string): Error =>
  new ApiError(500, "", `failed to create typed patch object: ${path}: field not declared in schema`);
