import { readFileSync } from "node:fs";
import { parseYaml } from "../api/yaml.ts";
import type { OpenApiSchema } from "../schema/custom-schema.ts";

/** What a CustomResourceDefinition says, as far as this cluster follows it. */
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

const manifest = new URL("../../../infra/kubernetes/custom-resources.yaml", import.meta.url);

/** The definitions that are deployed to real clusters. */
export const customResources = readFileSync(manifest, "utf8")
  .split(/^---$/m)
  .map((document) => parseYaml(document) as CustomResource);
