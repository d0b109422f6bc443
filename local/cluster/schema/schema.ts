/** What the API knows about a type: enough to prune and check input, to merge patches and to track who owns which field. */
export type Schema = StructSchema | MapSchema | ListSchema | ScalarSchema | AnySchema;

export interface StructSchema {
  type: "struct";
  /** What Go calls it; custom resources have no Go type. */
  name?: string;
  /** Found when first needed, because types may contain themselves. */
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
  /** "map": items are told apart by `keys`; "set": by their value; "atomic": the list is one value. */
  kind: "map" | "set" | "atomic";
  keys: readonly string[];
}
export interface ScalarSchema {
  type: "scalar";
  of: "string" | "number" | "boolean" | "int-or-string";
  /** Of the API's own OpenAPI document. */
  format?: "int32" | "int64" | "double" | "byte" | "date-time";
  /** What Go calls it, if that is not the name of its JSON type. */
  goType?: string;
}
export interface AnySchema {
  type: "any";
}

export const anything: AnySchema = { type: "any" };

/** The schema of a field of a struct or an entry of a map; undefined for a field that the type does not have. */
export function schemaOfField(schema: Schema, field: string): Schema | undefined {
  if (schema.type === "struct") return schema.fields().get(field);
  if (schema.type === "map") return schema.values;
  return schema.type === "any" ? anything : undefined;
}
