import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { loadYaml } from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";
import { readSettings, settingsSchema } from "../../shared/config.ts";

const root = join(import.meta.dirname, "../..");
const file = (path: string) => readFile(join(root, path), "utf8");
const json = async (path: string): Promise<unknown> => JSON.parse(await file(path));

describe("the parameters for azd", () => {
  it("are those of main.bicep, and all that have no default", async () => {
    const { parameters } = (await json("infra/azure/main.parameters.json")) as { parameters: object };
    const bicep = await file("infra/azure/main.bicep");
    const declared = [...bicep.matchAll(/^param (\w+) [^=\n]+?( = .*)?$/gm)];
    expect(declared.length).toBeGreaterThan(10);
    const names = declared.map(([, name]) => name);
    expect(names).toEqual(expect.arrayContaining(Object.keys(parameters)));
    const required = declared.filter(([, , value]) => value === undefined).map(([, name]) => name);
    expect(Object.keys(parameters)).toEqual(expect.arrayContaining(required));
  });

  it("have members that their types have", async () => {
    const { parameters } = (await json("infra/azure/main.parameters.json")) as {
      parameters: Record<string, { value: unknown }>;
    };
    const [main, types] = [await file("infra/azure/main.bicep"), await file("infra/azure/types.bicep")];
    for (const [name, { value }] of Object.entries(parameters)) {
      if (typeof value !== "object" || value === null) continue;
      const type = new RegExp(`^param ${name} (\\w+)`, "m").exec(main)?.[1] ?? "";
      const body = types.split(`type ${type} = {`)[1]?.split("\n}")[0] ?? "";
      const members = [...body.matchAll(/^ {2}(\w+): /gm)].map(([, member]) => member);
      // Of settings, the type has only those that must be given, and the product knows the others.
      if (name === "settings") members.push(...Object.keys(settingsSchema.shape));
      expect(members, type).toEqual(expect.arrayContaining(Object.keys(value)));
    }
  });

  it("are in docs/azure.md, each variable with its place and its default", async () => {
    const text = await file("infra/azure/main.parameters.json");
    const { parameters } = JSON.parse(text) as { parameters: Record<string, { value: unknown }> };
    const placesOf = (name: string, value: unknown): [place: string, value: unknown][] =>
      typeof value === "string"
        ? [[name, value]]
        : Object.entries(value as object).map(([member, each]) => [`${name}.${member}`, each]);
    const places = Object.entries(parameters).flatMap(([name, { value }]) => placesOf(name, value));
    const docs = await file("docs/azure.md");
    const rows = new Map(
      [...docs.matchAll(/^\| `(\w+)` +\| `([\w.]+)` +\| (.+?) +\|/gm)].map(([, ...row]) => [row[0], row]),
    );
    const variables = places.flatMap(([place, value]) => {
      const [, variable, byDefault] = /^\$\{(\w+)(?:=([^}]*))?\}$/.exec(String(value)) ?? [];
      return variable === undefined ? [] : [{ place, variable, byDefault }];
    });
    expect([...rows.keys()].sort()).toEqual(variables.map(({ variable }) => variable).sort());
    for (const { place, variable, byDefault } of variables) {
      expect(rows.get(variable)?.[1], variable).toBe(place);
      if (byDefault !== undefined) expect(rows.get(variable)?.[2], variable).toBe(`\`${byDefault}\``);
    }
  });

  it("let azd find the app: by the name of the service, and the folder of the package", async () => {
    const azure = loadYaml<{
      infra: { path: string; module: string };
      services: Record<string, { dist: string; language: string; hooks: Record<string, { run: string }> }>;
      hooks: Record<string, { run: string }>;
    }>(await file("azure.yaml"));
    const [[name, service] = []] = Object.entries(azure.services);
    expect(await file("infra/azure/resources.bicep")).toContain(`'azd-service-name': '${name ?? ""}'`);
    // With js, azd would install and build in Azure. `custom` zips the folder as it is.
    expect(service).toMatchObject({ language: "custom", dist: "dist/package/app" });
    expect(await file("local/package/run.ts")).toContain('join(into, "app")');
    await file(join(azure.infra.path, `${azure.infra.module}.bicep`));
    for (const { run } of Object.values({ ...service?.hooks, ...azure.hooks }))
      expect(await file(run), run).toMatch(/^#!\/bin\/sh\n(# .*\n)+set -eu\n/);
  });

  it("that the hooks read are outputs of main.bicep, or in docs/azure.md", async () => {
    const [main, docs] = [await file("infra/azure/main.bicep"), await file("docs/azure.md")];
    const known = new Set(["PGPASSWORD", "PGSSLROOTCERT", "PGPORT"]);
    for (const [, output = ""] of main.matchAll(/^output (\w+) /gm)) known.add(output);
    for (const [, name = ""] of docs.matchAll(/`([A-Z_]+)`/g)) known.add(name);
    for await (const hook of glob("infra/azure/hooks/*.sh", { cwd: root })) {
      const text = await file(hook);
      const read = [...text.matchAll(/\$\{?([A-Z_]{4,})|^need_value ([A-Z_]+)/gm)].map(
        ([, one, other]) => one ?? other,
      );
      for (const name of read) expect(known, `${name ?? ""} in ${hook}`).toContain(name);
    }
  });
});

describe("settings in the template", () => {
  it("are demanded where the product has no default for them", async () => {
    const body = (await file("infra/azure/types.bicep")).split("type settingsType = {")[1] ?? "";
    const demanded = [...body.matchAll(/^ {2}([A-Z_]+): string$/gm)].map(([, name = ""]) => name);
    let faults = "";
    try {
      readSettings({ DATABASE_URL: "postgres://u@h/d?sslmode=verify-full", DATABASE_AUTH: "entra" });
    } catch (error) {
      faults = (error as Error).message;
    }
    const missing = [...faults.matchAll(/^ {2}(\w+) is missing/gm)].map(([, name = ""]) => name);
    expect(demanded.sort()).toEqual(missing.sort());
  });

  it("are refused if they are secrets: all that the product has", async () => {
    const secrets = Object.keys(settingsSchema.shape).filter((name) => /SECRET|PASSWORD|PRIVATE|_KEY$/.test(name));
    expect((await json("infra/azure/secret-settings.json")) as string[]).toEqual(secrets);
  });

  it("of a site are understood by the product: those of the estate's sample", async () => {
    const { predictedResources } = (await json("infra/azure/samples/estate.snapshot.json")) as {
      predictedResources: {
        type: string;
        properties: { siteConfig: { appSettings: { name: string; value: string }[] } };
      }[];
    };
    const app = predictedResources.find(({ type }) => type === "Microsoft.Web/sites");
    const all = Object.fromEntries(
      app?.properties.siteConfig.appSettings.map(({ name, value }) => [name, value]) ?? [],
    );
    // The sample's cluster has no real certificate.
    const settings = readSettings({ ...all, CLUSTER_AUTH: undefined, CLUSTER_URL: undefined, CLUSTER_CA: undefined });
    expect(settings).toMatchObject({
      DATABASE_AUTH: "entra",
      GUACD_LABELS: { app: "guacamole-daemon" },
      KEYCLOAK_WEBHOOK: "hmac",
    });
  });
});
