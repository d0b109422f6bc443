import type { JsonObject } from "../objects.ts";
import { apiVersionOf, type Kind } from "../kinds/kind.ts";

const rootOf = ({ group, version }: Pick<Kind, "group" | "version">): string =>
  group === "" ? `api/${version}` : `apis/${group}/${version}`;

/**
 * Returns the API's OpenAPI v3 document, as far as kubectl needs it before a write: the kinds, and that they support
 * the parameter fieldValidation, so that this server validates and not kubectl. Undefined for any other path.
 */
export function describeApi(kinds: readonly Kind[], path: string): JsonObject | undefined {
  const [first, version, ...rest] = path.split("/").filter((part) => part !== "");
  if (first !== "openapi" || version !== "v3") return undefined;
  const roots = [...new Set(kinds.map(rootOf))];
  if (rest.length === 0) return { paths: Object.fromEntries(roots.map((root) => [root, referenceTo(root)])) };
  const described = kinds.filter((kind) => rootOf(kind) === rest.join("/"));
  if (described.length === 0) return undefined;
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: "v1.37.2" },
    paths: Object.fromEntries(described.map((kind) => [placeOf(kind), { patch: patchOf(kind) }])),
    components: { schemas: {} },
  };
}

const referenceTo = (root: string): JsonObject => ({ serverRelativeURL: `/openapi/v3/${root}` });

const placeOf = (kind: Kind): string =>
  `/${rootOf(kind)}/${kind.namespaced ? "namespaces/{namespace}/" : ""}${kind.plural}/{name}`;

function patchOf({ group, version, kind }: Kind): JsonObject {
  const schema = { type: "string", uniqueItems: true };
  return {
    description: `partially update the specified ${kind} (${apiVersionOf({ group, version })})`,
    parameters: [{ name: "fieldValidation", in: "query", schema }],
    "x-kubernetes-action": "patch",
    "x-kubernetes-group-version-kind": { group, kind, version },
  };
}
