import { z } from "zod";

/** Returns a schema as JSON Schema: as callers send it (input), or after parsing (output). */
export type SchemaOf = (schema: z.ZodType, io: "input" | "output") => object;

/** Turns schemas into JSON Schema, and collects those with an id as components of the document. */
export function documentSchemas(): { schemaOf: SchemaOf; components: Readonly<Record<string, object>> } {
  const components: Record<string, object> = {};
  const schemaOf: SchemaOf = (schema, io) => {
    const { $defs = {}, ...own } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
    for (const [name, definition] of Object.entries($defs)) components[name] = inDocument(definition);
    const { id } = schema.meta() ?? {};
    if (id === undefined || "$ref" in own) return inDocument(own);
    components[id] = inDocument(own);
    return { $ref: `#/components/schemas/${id}` };
  };
  return { schemaOf, components };
}

/** Makes a JSON Schema fit the document: its references point to the components, and it has no id of its own. */
function inDocument(schema: object): object {
  const entries = Object.entries(schema).filter(([key]) => key !== "id" && key !== "$schema");
  const text = JSON.stringify(Object.fromEntries(entries));
  return JSON.parse(text.replaceAll("#/$defs/", "#/components/schemas/")) as object;
}
