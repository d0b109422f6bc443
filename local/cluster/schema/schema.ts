/** A type of the API: enough to prune and check input, to merge patches and to track field ownership. */
export type Schema = StructSchema | MapSchema | ListSchema | ScalarSchema | AnySchema;

export interface StructSchema {
  type: "struct";
  /** Its Go name; custom resources have no Go type. */
  name?: string;
  /** Resolved lazily, because types may contain themselves. */
  fields: () => ReadonlyMap<string, Schema>;
  /** Owned and replaced as a whole by server-side apply. */
  atomic: boolean;
}
export interface MapSchema {
  type: "map";
  values: Schema;
}
export interface ListSchema {
  type: "list";
  items: Schema;
  /** "map": items are identified by `keys`; "set": by their value; "atomic": the list is one value. */
  kind: "map" | "set" | "atomic";
  keys: readonly string[];
}
export interface ScalarSchema {
  type: "scalar";
  of: "string" | "number" | "boolean" | "int-or-string";
  /** As in the API's OpenAPI document. */
  format?: "int32" | "int64" | "double" | "byte" | "date-time";
  /** Its Go name, if different from its JSON type. */
  goType?: string;
}
export interface AnySchema {
  type: "any";
}

export const anything: AnySchema = { type: "any" };

/** Returns the schema of a struct's field or a map's entry; undefined for an unknown field. */
export function schemaOfField(schema: Schema, field: string): Schema | undefined {
  if (schema.type === "struct") return schema.fields().get(field);
  if (schema.type === "map") return schema.values;
  return schema.type === "any" ? anything : undefined;
}
