import { parseYaml } from "../api/yaml.ts";
import type { OpenApiSchema } from "../schema/custom-schema.ts";

/** The part of a CustomResourceDefinition that this cluster implements. */
export interface CustomResource {
  spec: {
    group: string;
    names: { kind: string; plural: string; singular: string; shortNames?: string[] };
    versions: [
      {
        name: string;
        subresources?: { status?: object; scale?: object };
        additionalPrinterColumns?: { name: string; type: string; jsonPath: string }[];
        schema: { openAPIV3Schema: OpenApiSchema };
      },
    ];
  };
}

/** Reads a YAML stream of definitions. */
export function readCustomResources(manifest: string): CustomResource[] {
  const documents = manifest.split(/^---$/m).filter((document) => document.trim() !== "");
  return documents.map((document) => parseYaml(document) as CustomResource);
}
