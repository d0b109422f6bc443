import { mkdtemp, readdir, readFile, realpath, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packageApp, writePackage } from "../../local/package/app-package.ts";
import { sqlProvider } from "../../local/package/durable-backend.ts";
import { settingsSchema } from "../../shared/config.ts";
import { type Outside, startOutside } from "../func/outside.ts";
import { faultsIn, layOut, readContainerfile, readText } from "./containerfile.ts";
import { type StartedHost, startHost } from "./start-host.ts";

const project = dirname(dirname(import.meta.dirname));
const text = await readText("infra/container/Containerfile");
const file = readContainerfile(text);

/** Stands for dist/package, where `npm run package -- --durable-backend mssql` writes. */
let context: string;
/** Stands for the root of the image. */
let image: string;
beforeAll(async () => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "container-")));
  [context, image] = [join(folder, "context"), join(folder, "image")];
  await writePackage(await packageApp(project, "mssql"), join(context, "app"));
  await layOut(file, context, image);
});
afterAll(() => rm(dirname(context), { recursive: true, force: true }));

describe("the Containerfile", () => {
  it("has no fault", () => {
    expect(faultsIn(text, context)).toEqual([]);
  });

  it.each<[string, (good: string) => string, string]>([
    ["a base image without a tag", (good) => good.replace(":4-node24", ""), "is not pinned"],
    ["the newest base image", (good) => good.replace(":4-node24", ":latest"), "is not pinned"],
    ["root", (good) => good.replace("USER 10001:0", "USER root"), "it runs as root"],
    ["nobody", (good) => good.replace("USER 10001:0\n", ""), "it runs as root"],
    ["a user by name", (good) => good.replace("USER 10001:0", "USER app"), "is not a number"],
    ["a command for a shell", (good) => good.replace(/CMD \[(.*)\]/, "CMD $1"), "signals would reach a shell"],
    [
      "a file that is not there",
      (good) => good.replace("COPY app/", "COPY app/ node_modules/"),
      "node_modules/ is not in",
    ],
    ["a password", (good) => good.replace("TIMERS=external", "GUACAMOLE_API_PASSWORD=guacadmin"), "a secret"],
    [
      "an instruction that no builder knows",
      (good) => good.replace("EXPOSE", "EXPOSES"),
      "Unknown instruction: EXPOSES",
    ],
  ])("%s is found", (_words, breakIt, fault) => {
    const broken = breakIt(text);
    expect(broken).not.toBe(text);
    expect(faultsIn(broken, context).join("\n")).toContain(fault);
  });

  it("sets only what the product or the host reads, and the limit of bodies that every deployment needs", async () => {
    const ofTheHost = /^(Azure|ASPNETCORE_|FUNCTIONS_|WEBSITE_HOSTNAME$)/;
    const names = Object.keys(file.environment);
    expect(names.filter((name) => !(name in settingsSchema.shape) && !ofTheHost.test(name))).toEqual([]);
    // The others of that file are about how an app in Azure signs in.
    const limit = "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT";
    const ofAzure = JSON.parse(await readText("infra/azure/app-settings.json")) as Record<string, string>;
    expect(ofAzure[limit]).toMatch(/^\d+$/);
    expect(file.environment[limit]).toBe(ofAzure[limit]);
    const port = file.ports[0] ?? "";
    expect(file.environment["ASPNETCORE_URLS"]).toBe(`http://+:${port}`);
    expect(file.environment["WEBSITE_HOSTNAME"]).toBe(`localhost:${port}`);
  });

  it("has the Node that the package is built for", async () => {
    const target = /target: "node(\d+)"/.exec(await readText("local/package/bundle.ts"))?.[1] ?? "none";
    expect(file.base).toBe(`mcr.microsoft.com/azure-functions/node:4-node${target}`);
  });
});

describe("the image", () => {
  it("has exactly the package in the folder that the host reads, which nobody may change", async () => {
    const app = join(image, file.environment["AzureWebJobsScriptRoot"] ?? "");
    expect(await readdir(app)).toEqual((await readdir(join(context, "app"))).sort());
    for (const name of await readdir(app)) expect((await stat(join(app, name))).mode & 0o022).toBe(0);
  });

  it("has folders that an account of the group root may write to, and others may not read", async () => {
    for (const folder of ["azure-functions-host/Secrets", "home/LogFiles", "home/data"])
      expect([folder, (await stat(join(image, folder))).mode & 0o777]).toEqual([folder, 0o770]);
    expect(file.user).toMatch(/^\d+:0$/);
  });

  it("keeps its work in SQL Server, and no name of a storage account is left", async () => {
    const host = await readText("host.json").then((json) => JSON.parse(json) as object);
    const built = JSON.parse(await readFile(join(context, "app/host.json"), "utf8")) as object;
    expect(built).toMatchObject({ extensions: { durableTask: { storageProvider: sqlProvider } } });
    expect(host).not.toEqual(built);
    expect(JSON.stringify(built)).not.toMatch(/AzureWebJobsStorage|QueueVisibility/);
  });

  it("is run by the overlay as the account that it is made for, with the port that it listens on", async () => {
    const deployment = await readText("infra/kubernetes/overlays/bare-metal/app/deployment.yaml");
    const [account, group] = file.user?.split(":") ?? [];
    for (const line of [`runAsUser: ${account}`, `runAsGroup: ${group}`, `containerPort: ${file.ports[0]}`])
      expect(deployment).toContain(line);
  });

  describe("on a host", () => {
    let outside: Outside;
    let host: StartedHost;
    beforeAll(async () => {
      outside = await startOutside();
      host = await startHost(file, image, {
        ...outside.settings,
        TIMERS_SUBJECT: "system:serviceaccount:guacamole:timers",
      });
    });
    afterAll(async () => {
      await host.close();
      await outside.close();
    });
    const call = async (method: string, path: string, token: string, body?: object) => {
      const response = await fetch(`${host.url}/api/${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        ...(body && { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    };

    it("brings up a desktop, and does what the timers do only when it is called", async () => {
      const asked = await call("PUT", "users/alice/desktop?wait=10", await outside.token("alice"), {
        workspace: "asthma-cohort",
      });
      expect(asked).toMatchObject({ status: 200, body: { state: "done" } });

      const token = outside.cluster.signToken();
      expect(await call("GET", "maintenance", await outside.token("olga"))).toMatchObject({
        body: { runs: { reap: null, reconcile: null, upkeep: null } },
      });
      expect(await call("POST", "maintenance/wake", token)).toMatchObject({ status: 200, body: { failed: 0 } });
      for (const run of ["reap", "reconcile", "upkeep"])
        expect(await call("POST", `maintenance/${run}?wait=10`, token)).toMatchObject({
          status: 200,
          body: { state: "done", counts: { failed: 0 } },
        });
      expect(await call("POST", "maintenance/wake", outside.cluster.signToken({ aud: ["vault"] }))).toMatchObject({
        status: 401,
      });
    });
  });
});
