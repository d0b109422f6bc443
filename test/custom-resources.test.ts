import { loadAllYaml, type V1CustomResourceDefinition, type V1JSONSchemaProps } from "@kubernetes/client-node";
import { expect, it } from "vitest";
import { customResources } from "../local/custom-resources.ts";

/** The schemas that `kubectl explain` shows, by path. */
function fieldsOf(path: string, schema: V1JSONSchemaProps): [path: string, V1JSONSchemaProps][] {
  const items = schema.items as V1JSONSchemaProps | undefined;
  const values = schema.additionalProperties as V1JSONSchemaProps | undefined;
  return [
    [path, schema],
    ...Object.entries(schema.properties ?? {}).flatMap(([name, property]) => fieldsOf(`${path}.${name}`, property)),
    ...(items ? fieldsOf(`${path}[]`, items) : []),
    ...(values ? fieldsOf(`${path}.*`, values) : []),
  ];
}

const fields = (loadAllYaml(customResources) as V1CustomResourceDefinition[]).flatMap(({ spec }) =>
  spec.versions.flatMap(({ schema }) => fieldsOf(spec.names.singular ?? "", schema?.openAPIV3Schema ?? {})),
);

it("every field of the custom resources says what it means, in a sentence", () => {
  expect(fields.length).toBeGreaterThan(40);
  const without = fields.filter(([, { description = "" }]) => !/^[A-Z0-9].*\.$/s.test(description));
  expect(without.map(([path]) => path)).toEqual([]);
});
