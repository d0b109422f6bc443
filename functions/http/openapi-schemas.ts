import { z } from "zod";

/** A schema as it stands in the document: as callers send it (input), or as it is once it is read (output). */
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

/** A JSON Schema as it stands in the document: its references point at the components, and it does not name itself. */
function inDocument(schema: object): object {
  const entries = Object.entries(schema).filter(([key]) => key !== "id" && key !== "$schema");
  const text = JSON.stringify(Object.fromEntries(entries));
  return JSON.parse(text.replaceAll("#/$defs/", "#/components/schemas/")) as object;
}
