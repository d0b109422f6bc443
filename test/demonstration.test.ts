import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

/** What only somebody who starts the demonstration would notice: no API server looks into these texts. */

const root = join(import.meta.dirname, "..");
const demo = "infra/kubernetes/overlays/demo";
const read = (path: string) => readFile(join(root, path), "utf8");

describe("the demonstration", () => {
  it("makes the database that the task hub's connection string names", async () => {
    const [, database = "none"] =
      /SQLDB_Connection=.*;Database=(\w+);/.exec(await read(`${demo}/kustomization.yaml`)) ?? [];
    expect(await read(`${demo}/picture/task-hub.yaml`)).toContain(
      `IF DB_ID('${database}') IS NULL CREATE DATABASE ${database} COLLATE Latin1_General_100_BIN2_UTF8`,
    );
  });

  it("speaks HTTP/1.1 to everything behind NGINX, whose default before 1.29.7 is 1.0", async () => {
    // Kestrel answers a POST in HTTP/1.0 without Content-Length with 400 (dotnet/aspnetcore, Http1MessageBody.cs), and WebSocket needs 1.1.
    const conf = await read(`${demo}/picture/front.conf`);
    const locations = [...conf.matchAll(/^ {2}location ([^{]+) \{\n([^]*?)^ {2}\}/gm)].map(([, path, body = ""]) => ({
      path,
      body,
    }));
    const proxied = locations.filter(({ body }) => body.includes("proxy_pass"));
    expect(proxied.map(({ path }) => path)).toEqual([
      "~ ^/(console|accessibility|assets/[A-Za-z0-9_.-]+)?$",
      "/guacamole/",
      "/api/",
    ]);
    for (const { path, body } of proxied) expect(body, path).toContain("proxy_http_version 1.1;");
  });

  it("has a Guacamole that reads the claim which the sample realm writes", async () => {
    const realm = JSON.parse(await read("infra/keycloak/sde-realm.json")) as {
      clients: { clientId: string; protocolMappers?: { config: Record<string, string> }[] }[];
    };
    const client = realm.clients.find(({ clientId }) => clientId === "guacamole");
    const mapper = client?.protocolMappers?.find(({ config }) => config["user.session.note"] !== undefined);
    const claim = mapper?.config["claim.name"] ?? "none";
    expect(await read(`${demo}/picture/guacamole.yaml`)).toContain(
      `{ name: OPENID_USERNAME_CLAIM_TYPE, value: ${claim} }`,
    );
  });

  it("is built, wherever the guides build the container, from the package for SQL Server", async () => {
    for (const page of ["docs/operations.md", "docs/deploy.md", "infra/container/Containerfile"]) {
      const text = (await read(page)).replaceAll(/^# ?/gm, "");
      const builds = [...text.matchAll(/^(.*\n)? *podman build .*Containerfile.*dist\/package/gm)];
      expect(builds.length, page).toBeGreaterThan(0);
      for (const [, before = ""] of builds)
        expect(before, page).toContain("npm run package -- --durable-backend mssql");
    }
  });
});
