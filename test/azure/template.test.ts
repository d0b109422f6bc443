import { cp, glob, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { settingsSchema } from "../../shared/config.ts";
import { describeWithBicep } from "./available.ts";
import { bicep, samples, snapshot, templates } from "./bicep.ts";

interface Resource {
  type: string;
  name: string;
  apiVersion: string;
  properties: Record<string, unknown>;
}

async function resourcesOf(sample: string): Promise<Resource[]> {
  const text = await readFile(join(templates, `samples/${sample}.snapshot.json`), "utf8");
  return (JSON.parse(text) as { predictedResources: Resource[] }).predictedResources;
}

/** The app's settings, as the sample would set them. */
async function settingsOf(sample: string): Promise<Record<string, string>> {
  const app = (await resourcesOf(sample)).find(({ type }) => type === "Microsoft.Web/sites");
  const { siteConfig } = app?.properties as { siteConfig: { appSettings: { name: string; value: string }[] } };
  return Object.fromEntries(siteConfig.appSettings.map(({ name, value }) => [name, value]));
}

describeWithBicep("the template for Azure", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "bicep-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("has nothing that Bicep would warn of or refuse", async () => {
    for (const file of ["main.bicep", ...samples.map(({ name }) => `samples/${name}.bicepparam`)])
      expect(await bicep("lint", file), file).toEqual({ code: 0, stdout: "", stderr: "" });
    const { code, stdout, stderr } = await bicep("build", "main.bicep", "--stdout");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.length).toBeGreaterThan(50_000);
  });

  it("is formatted as Bicep would", async () => {
    const copy = join(folder, "formatted");
    await cp(templates, copy, { recursive: true });
    await bicep("format", "--pattern", join(copy, "**/*.bicep"));
    for await (const file of glob("**/*.bicep", { cwd: templates }))
      expect(await readFile(join(copy, file), "utf8"), `${file} (bicep format FILE)`).toBe(
        await readFile(join(templates, file), "utf8"),
      );
  });

  it.each(samples)(
    "makes of the sample $name what is kept beside it (npm run record:azure)",
    async ({ name, group }) => {
      const { code, stdout, stderr } = await snapshot("validate", `samples/${name}.bicepparam`, group);
      expect({ code, said: stdout + stderr }).toEqual({ code: 0, said: "" });
    },
  );

  /** Returns what Bicep says of the sample `storage` after these changes. */
  async function said(...changes: [from: string, to: string][]): Promise<string> {
    let sample = await readFile(join(templates, "samples/storage.bicepparam"), "utf8");
    for (const [from, to] of [
      ["../main.bicep", relative(folder, join(templates, "main.bicep"))],
      ...changes,
    ] as const) {
      expect(sample).toContain(from);
      sample = sample.replace(from, to);
    }
    await writeFile(join(folder, "tried.bicepparam"), sample);
    const { code, stderr } = await snapshot("overwrite", join(folder, "tried.bicepparam"));
    expect(code).toBe(1);
    return stderr;
  }

  it("ends a deployment before it begins, with all that its parameters contradict", async () => {
    const faults = await said(
      ["  OIDC_CLIENTS: ", "  KEYCLOAK_ADMIN_SECRET: 'x'\n  OIDC_CLIENTS: "],
      ["  mode: 'create'", "  mode: 'existing'"],
      ["  peerNetworkId: ", "  zones: 'existing'\n  appSubnetId: 'x'\n  peerNetworkId: "],
      ["param monitoring", "param keyVault = { secrets: { A: 'a' } }\nparam monitoring"],
    );
    for (const fault of [
      "settings has KEYCLOAK_ADMIN_SECRET (put it into the Key Vault, and name it in keyVault.secrets)",
      "network has one of appSubnetId and endpointSubnetId (give both, or none)",
      "network has peerNetworkId or linkZoneIds, and its network exists (peer and link it yourself)",
      "network.zones is existing (set network.zoneGroupId)",
      "database.host is missing (set it, or database.mode to create)",
      "keyVault.secrets names secrets (set keyVault.id)",
    ])
      expect(faults).toContain(fault);
    expect(
      await said(["  adminName: 'sde-database-administrators'", "  serverId: '/subscriptions/a/resourceGroups/b/c'"]),
    ).toContain(
      "database.mode is create (set database.adminObjectId and database.adminName); database.serverId is of an existing server (leave it out)",
    );
  });

  it("refuses by their types a missing setting and a backend that there is not", async () => {
    const errors = await said(
      ["  OIDC_CLIENTS: 'workspace-action,desktops-portal'\n", ""],
      ["param monitoring", "param durableBackend = 'netherite'\nparam monitoring"],
    );
    expect(errors).toMatch(/missing the following required properties: "OIDC_CLIENTS"/);
    expect(errors).toMatch(/"netherite"|'netherite'/);
  });
});

describeWithBicep("what the template makes", () => {
  it.each(samples)("$name: settings of the product by the names that it reads, and no secret", async ({ name }) => {
    const settings = await settingsOf(name);
    const hosts =
      /^(AzureWebJobs|AzureFunctionsJobHost__|APPLICATIONINSIGHTS_|AZURE_(CLIENT_ID|TOKEN_CREDENTIALS)$|TASKHUB_NAME$|FUNCTIONS_|DURABLE_TASK_)/;
    const known = new Set([...Object.keys(settingsSchema.shape), "DESKTOP_IMAGE"]);
    expect(Object.keys(settings).filter((setting) => !hosts.test(setting) && !known.has(setting))).toEqual([]);
    for (const [setting, value] of Object.entries(settings))
      if (/SECRET|PASSWORD|_KEY$/.test(setting)) expect(value, setting).toContain("@Microsoft.KeyVault(SecretUri=");
    expect(settings).toMatchObject({ CLUSTER_AUTH: "entra", DATABASE_AUTH: "entra" });
    expect(settings["DATABASE_URL"]).toMatch(/^(\[format\(')?postgres:\/\/[^:@]+@.*sslmode=verify-full/);
  });

  it.each(samples)("$name: no setting that Flex Consumption refuses", async ({ name }) => {
    // https://learn.microsoft.com/azure/azure-functions/functions-app-settings#flex-consumption-plan-deprecations
    const refused =
      /^(FUNCTIONS_(EXTENSION_VERSION|WORKER_RUNTIME)|WEBSITE_(CONTENT|RUN_FROM|NODE|SKIP|VNET|TIME_ZONE|USE_PLACEHOLDER)|SCM_|ENABLE_ORYX)|^AzureWebJobsStorage$/;
    expect(Object.keys(await settingsOf(name)).filter((setting) => refused.test(setting))).toEqual([]);
  });

  it.each(samples)("$name: storage and telemetry that take no keys, and nothing that is public", async ({ name }) => {
    const resources = await resourcesOf(name);
    const of = (type: string) => resources.filter((each) => each.type === type).map(({ properties }) => properties);
    expect(of("Microsoft.Storage/storageAccounts")).toMatchObject([
      { allowSharedKeyAccess: false, allowBlobPublicAccess: false, publicNetworkAccess: "Disabled" },
    ]);
    expect(of("Microsoft.Insights/components")).toMatchObject([{ DisableLocalAuth: true }]);
    expect(of("Microsoft.Web/sites")).toMatchObject([{ publicNetworkAccess: "Disabled", httpsOnly: true }]);
    expect(of("Microsoft.Web/sites/basicPublishingCredentialsPolicies")).toEqual([{ allow: false }, { allow: false }]);
    for (const server of of("Microsoft.DBforPostgreSQL/flexibleServers"))
      expect(server).toMatchObject({
        authConfig: { activeDirectoryAuth: "Enabled", passwordAuth: "Disabled" },
        network: { publicNetworkAccess: "Disabled" },
      });
    expect(JSON.stringify(resources)).not.toMatch(/AccountKey|listKeys|administratorLogin/);
  });

  it("has the app's instances ready for Keycloak's calls and for work, on Node 24", async () => {
    const [app] = (await resourcesOf("storage")).filter(({ type }) => type === "Microsoft.Web/sites");
    expect(app?.properties["functionAppConfig"]).toMatchObject({
      runtime: { name: "node", version: "24" },
      scaleAndConcurrency: {
        alwaysReady: [
          { name: "http", instanceCount: 1 },
          { name: "durable", instanceCount: 1 },
        ],
      },
    });
  });

  it("makes nothing that exists, in an estate that has it", async () => {
    const types = new Set((await resourcesOf("estate")).map(({ type }) => type));
    for (const type of [
      "Microsoft.Resources/resourceGroups",
      "Microsoft.ManagedIdentity/userAssignedIdentities",
      "Microsoft.Network/virtualNetworks",
      "Microsoft.Network/privateDnsZones",
      "Microsoft.DBforPostgreSQL/flexibleServers",
      "Microsoft.OperationalInsights/workspaces",
      "Microsoft.KeyVault/vaults",
    ])
      expect(types).not.toContain(type);
  });

  it("gives a scheduler's address to the app only if it has one", async () => {
    expect((await settingsOf("scheduler"))["DURABLE_TASK_SCHEDULER_CONNECTION_STRING"]).toMatch(
      /Endpoint=.*Authentication=ManagedIdentity;ClientID=/,
    );
    expect(await settingsOf("storage")).not.toHaveProperty("DURABLE_TASK_SCHEDULER_CONNECTION_STRING");
  });
});
