import { readFile } from "node:fs/promises";
import { loadAllYaml } from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";
import { desktopRules, entitlementRules, fastStartRules, neededRightsWith } from "./needed-rights.ts";

interface Role {
  kind: string;
  metadata: { name: string };
  rules: { apiGroups: string[]; resources: string[]; verbs: string[] }[];
}

const rolesIn = async (name: string) =>
  (
    loadAllYaml(await readFile(new URL(`../../infra/kubernetes/${name}.yaml`, import.meta.url), "utf8")) as Role[]
  ).filter(({ kind }) => kind === "Role" || kind === "ClusterRole");
const textsOf = (rules: Role["rules"]) =>
  rules
    .flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) => resources.flatMap((each) => verbs.map((verb) => `${verb} ${group}/${each}`))),
    )
    .sort();
const needed = (rules: typeof desktopRules) =>
  rules.flatMap(([group, resource, verbs]) => verbs.map((verb) => `${verb} ${group}/${resource}`)).sort();

describe("the rights that the doctor asks for", () => {
  it("are every rule of access.yaml and fast-starts.yaml, and no other", async () => {
    const roles = [...(await rolesIn("base/access")), ...(await rolesIn("components/fast-starts/fast-starts"))];
    expect(Object.fromEntries(roles.map(({ metadata, rules }) => [metadata.name, textsOf(rules)]))).toEqual({
      "guacamole-workspaces-desktops": needed(desktopRules),
      "guacamole-workspaces-entitlement": needed(entitlementRules),
      "guacamole-workspaces-fast-starts": needed(fastStartRules),
    });
  });

  it("are in the namespaces of the settings, and more with PREPULL and with Guacamole elsewhere", () => {
    const settings = {
      ...{ NAMESPACE: "desktops", WORKSPACES_NAMESPACE: "workspaces", GUACAMOLE_NAMESPACE: "guacamole" },
      ...{ PREPULL: "off" as const, GUACAMOLE_LABELS: undefined },
    };
    const of = (change: Partial<Parameters<typeof neededRightsWith>[0]>) =>
      neededRightsWith({ ...settings, ...change }).map(
        ({ verb, resource, namespace }) => `${verb} ${resource} ${namespace}`,
      );
    const usual = of({});
    expect(usual).toHaveLength(needed(desktopRules).length + needed(entitlementRules).length);
    expect(usual).toContain("patch analyticsworkspacebindings/status workspaces");
    expect(of({ PREPULL: "on" }).slice(usual.length)).toContain("patch daemonsets desktops");
    expect(of({ GUACAMOLE_LABELS: { app: "guacamole" } }).slice(usual.length)).toEqual(["list pods guacamole"]);
  });
});
