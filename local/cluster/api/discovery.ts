import type { JsonObject } from "../objects.ts";
import { apiVersionOf, type Kind } from "../kinds/kind.ts";

const objectVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const subresourceVerbs = ["get", "patch", "update"];

/** Returns the discovery document of a path; undefined for any other path. */
export function discover(kinds: readonly Kind[], path: string): JsonObject | undefined {
  const parts = path.split("/").filter((part) => part !== "");
  const [root, one, two] = parts;
  if (path === "/version") return version;
  if (root === "api" && parts.length === 1)
    return { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] };
  if (root === "api" && parts.length === 2 && one === "v1") return resources(kinds, "", "v1");
  if (root !== "apis") return undefined;
  if (parts.length === 1)
    return { kind: "APIGroupList", apiVersion: "v1", groups: groupNames(kinds).map((name) => group(kinds, name)) };
  const known = kinds.some(
    (kind) => kind.group !== "" && kind.group === one && (two === undefined || kind.version === two),
  );
  if (!known || one === undefined || parts.length > 3) return undefined;
  return two === undefined ? { kind: "APIGroup", apiVersion: "v1", ...group(kinds, one) } : resources(kinds, one, two);
}

/** The Kubernetes version with which the stand-in is compared (test/control-plane). */
const version: JsonObject = {
  ...{ major: "1", minor: "37", gitVersion: "v1.37.2-local", gitCommit: "", gitTreeState: "clean" },
  ...{ buildDate: "1970-01-01T00:00:00Z", goVersion: "", compiler: "", platform: "local" },
};

const groupNames = (kinds: readonly Kind[]): string[] => [
  ...new Set(kinds.map((kind) => kind.group).filter((name) => name !== "")),
];

function group(kinds: readonly Kind[], name: string): JsonObject {
  const versions = [...new Set(kinds.filter((kind) => kind.group === name).map((kind) => kind.version))];
  const entries = versions.map((each) => ({ groupVersion: `${name}/${each}`, version: each }));
  return { name, versions: entries, preferredVersion: entries[0] ?? null };
}

function resources(kinds: readonly Kind[], name: string, of: string): JsonObject {
  const served = kinds.filter((kind) => kind.group === name && kind.version === of);
  return {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: apiVersionOf({ group: name, version: of }),
    resources: served.flatMap((kind) => [
      resource(kind),
      ...(kind.hasStatus ? [subresource(kind, "status")] : []),
      ...(kind.hasScale ? [subresource(kind, "scale")] : []),
    ]),
  };
}

const resource = (kind: Kind): JsonObject => ({
  ...{ name: kind.plural, singularName: kind.singular, namespaced: kind.namespaced, kind: kind.kind },
  ...{ verbs: [...objectVerbs], shortNames: [...kind.shortNames] },
});

const subresource = (kind: Kind, name: "status" | "scale"): JsonObject => ({
  ...{ name: `${kind.plural}/${name}`, singularName: "", namespaced: kind.namespaced, verbs: [...subresourceVerbs] },
  ...(name === "scale" ? { group: "autoscaling", version: "v1", kind: "Scale" } : { kind: kind.kind }),
});
