import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { readSettings, settingsSchema } from "../shared/config.ts";
import { clusterCertificate } from "./cluster-certificate.ts";
import { neededByTheHost } from "../local/needed-by-the-host.ts";

const file = (path: string) => readFile(new URL(`../${path}`, import.meta.url), "utf8");

/** Returns the leaves of an object with their paths. */
function leaves(value: unknown, path: readonly string[] = []): [string, string][] {
  if (typeof value !== "object" || value === null) return [[path.join("."), String(value)]];
  return Object.entries(value).flatMap(([key, each]) => leaves(each, [...path, key]));
}

describe("host.json", () => {
  it("has each of its keys in docs/operations.md with a reason", async () => {
    const { version, ...host } = JSON.parse(await file("host.json")) as Record<string, unknown>;
    expect(version).toBe("2.0");
    const section = (await file("docs/operations.md")).split("## The Functions host")[1]?.split("\n## ")[0] ?? "";
    const rows = [...section.matchAll(/^\| `([^`]+)` +\| `([^`]+)` +\| (.+?) +\|$/gm)];
    expect(rows.map(([, key, value]) => [key, value === '""' ? "" : value])).toEqual(leaves(host));
    for (const [, key, , reason = ""] of rows) expect(reason.length, key).toBeGreaterThan(10);
  });

  it("lets another host continue a dead host's work after a minute, the least that the real host accepts", async () => {
    const { extensions } = JSON.parse(await file("host.json")) as {
      extensions: { durableTask: { storageProvider: Record<string, string> } };
    };
    expect(extensions.durableTask.storageProvider).toMatchObject({
      controlQueueVisibilityTimeout: "00:01:00",
      workItemQueueVisibilityTimeout: "00:01:00",
    });
  });

  it("lets more people log in at once than there are, and runs no more than can wait", async () => {
    const { extensions } = JSON.parse(await file("host.json")) as {
      extensions: { http: { maxOutstandingRequests: number; maxConcurrentRequests: number } };
    };
    const { maxOutstandingRequests, maxConcurrentRequests } = extensions.http;
    expect(maxConcurrentRequests).toBeGreaterThan(400);
    expect(maxOutstandingRequests).toBeGreaterThan(maxConcurrentRequests);
  });
});

it("the limit of bodies is the same for deployments, in the sample of settings, and on the local host", async () => {
  const needed = JSON.parse(await file("infra/azure/app-settings.json")) as Record<string, string>;
  const { Values: sample } = JSON.parse(await file("local.settings.sample.json")) as { Values: object };
  expect(sample).toMatchObject(neededByTheHost);
  expect(needed).toMatchObject(neededByTheHost);
  expect((await file("README.md")) + (await file("docs/operations.md"))).toContain(
    `FUNCTIONS_REQUEST_BODY_SIZE_LIMIT=${needed["FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"]}`,
  );
});

it("deployments in Azure log in as the app's identity, and their settings have no secret", async () => {
  const needed = JSON.parse(await file("infra/azure/app-settings.json")) as Record<string, string>;
  const secrets = Object.keys(settingsSchema.shape).filter((name) => /SECRET|PASSWORD|_KEY$/.test(name));
  expect(secrets).toContain("KEYCLOAK_ADMIN_KEY");
  expect(secrets.filter((name) => Object.hasOwn(needed, name))).toEqual([]);
  const own = {
    DATABASE_URL: "postgres://app@db.example/guacamole?sslmode=verify-full",
    CLUSTER_URL: "https://aks.example:443",
    CLUSTER_CA: Buffer.from(clusterCertificate.cert).toString("base64"),
    DESKTOP_IMAGE: "example.org/desktop:1",
    GUACAMOLE_URL: "https://guacamole.example",
    OIDC_ISSUER: "https://keycloak.example/realms/sde",
    OIDC_AUDIENCE: "guacamole-workspaces",
    OIDC_CLIENTS: "workspace-action",
  };
  expect(readSettings({ ...own, ...needed })).toMatchObject({ CLUSTER_AUTH: "entra", DATABASE_AUTH: "entra" });
});
