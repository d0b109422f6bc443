import { describe, expect, it } from "vitest";
import type { JsonObject } from "../objects.ts";
import { schemaOfModel } from "../schema/model-schema.ts";
import { strategicMerge } from "./strategic-merge.ts";

const pod = (spec: JsonObject): JsonObject => ({ metadata: { name: "p", finalizers: ["a/1", "b/2"] }, spec });
const two = pod({
  containers: [
    { name: "a", image: "a:1" },
    { name: "b", image: "b:1" },
  ],
});

describe("a strategic merge patch", () => {
  it.each<[string, JsonObject, JsonObject, JsonObject]>([
    [
      "merges list items by their key and adds new ones at the end",
      two,
      {
        spec: {
          containers: [
            { name: "b", image: "b:2" },
            { name: "c", image: "c:1" },
          ],
        },
      },
      {
        spec: {
          containers: [
            { name: "a", image: "a:1" },
            { name: "b", image: "b:2" },
            { name: "c", image: "c:1" },
          ],
        },
      },
    ],
    [
      "deletes an item that is marked for it",
      two,
      { spec: { containers: [{ name: "a", $patch: "delete" }] } },
      { spec: { containers: [{ name: "b", image: "b:1" }] } },
    ],
    [
      "replaces a list that is marked for it",
      two,
      { spec: { containers: [{ name: "c", image: "c:1" }, { $patch: "replace" }] } },
      { spec: { containers: [{ name: "c", image: "c:1" }] } },
    ],
    [
      "puts items into the given order",
      two,
      { spec: { "$setElementOrder/containers": [{ name: "b" }, { name: "a" }] } },
      {
        spec: {
          containers: [
            { name: "b", image: "b:1" },
            { name: "a", image: "a:1" },
          ],
        },
      },
    ],
    [
      "removes a field that is null",
      pod({ nodeName: "n", hostname: "h" }),
      { spec: { nodeName: null } },
      { spec: { hostname: "h" } },
    ],
    [
      "replaces a map that is marked for it",
      pod({ nodeSelector: { a: "1" } }),
      { spec: { nodeSelector: { $patch: "replace", b: "2" } } },
      { spec: { nodeSelector: { b: "2" } } },
    ],
    [
      "keeps only the retained fields, as for the one source of a volume",
      pod({ volumes: [{ name: "v", emptyDir: {} }] }),
      { spec: { volumes: [{ name: "v", $retainKeys: ["name", "configMap"], configMap: { name: "c" } }] } },
      { spec: { volumes: [{ name: "v", configMap: { name: "c" } }] } },
    ],
    [
      "adds to a set and removes from it",
      two,
      { metadata: { finalizers: ["c/3"], "$deleteFromPrimitiveList/finalizers": ["a/1"] } },
      { metadata: { name: "p", finalizers: ["b/2", "c/3"] } },
    ],
    [
      "replaces a list without keys",
      pod({ tolerations: [{ key: "a" }] }),
      { spec: { tolerations: [{ key: "b" }] } },
      { spec: { tolerations: [{ key: "b" }] } },
    ],
  ])("%s", (_rule, target, patch, expected) => {
    expect(strategicMerge(target, patch, schemaOfModel("V1Pod"))).toMatchObject(expected);
    const part = Object.keys(expected)[0] ?? "";
    expect(strategicMerge(target, patch, schemaOfModel("V1Pod"))[part]).toEqual(expected[part]);
  });
});
