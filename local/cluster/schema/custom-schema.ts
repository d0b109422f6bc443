import { isJsonObject, type JsonObject } from "../objects.ts";
import { schemaOfModel } from "./model-schema.ts";
import { anything, type Schema } from "./schema.ts";

/** An OpenAPI v3 schema of a CustomResourceDefinition; only what our two definitions use. */
export interface OpenApiSchema {
  type?: "object" | "array" | "string" | "integer" | "number" | "boolean";
  properties?: Readonly<Record<string, OpenApiSchema>>;
  additionalProperties?: OpenApiSchema;
  items?: OpenApiSchema;
  required?: readonly string[];
  anyOf?: readonly { required: readonly string[] }[];
  enum?: readonly string[];
  pattern?: string;
  format?: "date";
  default?: string | number;
  "x-kubernetes-int-or-string"?: boolean;
  "x-kubernetes-preserve-unknown-fields"?: boolean;
}

/** The schema of a whole custom resource whose definition describes `spec` and `status`. */
export function schemaOfCustomResource(definition: OpenApiSchema): Schema {
  const fields = new Map<string, Schema>([
    ["apiVersion", { type: "scalar", of: "string" }],
    ["kind", { type: "scalar", of: "string" }],
    ["metadata", schemaOfModel("V1ObjectMeta")],
    ...entries(definition),
  ]);
  return { type: "struct", atomic: false, fields: () => fields };
}

function entries(definition: OpenApiSchema): [string, Schema][] {
  return Object.entries(definition.properties ?? {}).map(([name, each]) => [name, schemaOf(each)]);
}

function schemaOf(definition: OpenApiSchema): Schema {
  if (definition["x-kubernetes-int-or-string"] === true) return { type: "scalar", of: "int-or-string" };
  if (definition["x-kubernetes-preserve-unknown-fields"] === true) return anything;
  switch (definition.type) {
    case "array":
      return { type: "list", items: schemaOf(definition.items ?? {}), kind: "atomic", keys: [] };
    case "string":
    case "boolean":
      return { type: "scalar", of: definition.type };
    case "integer":
    case "number":
      return { type: "scalar", of: "number" };
    case "object": {
      if (definition.additionalProperties !== undefined) {
        return { type: "map", values: schemaOf(definition.additionalProperties) };
      }
      const fields = new Map(entries(definition));
      return { type: "struct", atomic: false, fields: () => fields };
    }
    default:
      return anything;
  }
}

/** Sets the definition's defaults in existing objects only, like the real API server. */
export function applyCustomDefaults(value: JsonObject, definition: OpenApiSchema): void {
  for (const [name, property] of Object.entries(definition.properties ?? {})) {
    if (value[name] === undefined && property.default !== undefined) value[name] = property.default;
    const below = value[name];
    if (isJsonObject(below)) applyCustomDefaults(below, property);
  }
}
