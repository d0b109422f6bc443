import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { durableBackends, hostJsonFor, schedulerProvider, sqlProvider } from "./durable-backend.ts";

const root = join(import.meta.dirname, "../..");

describe("host.json for each backend", async () => {
  const text = await readFile(join(root, "host.json"), "utf8");
  const durable = (host: string) =>
    (JSON.parse(host) as { extensions: { durableTask: Record<string, unknown> } }).extensions.durableTask;

  it("is the file itself for Azure Storage", () => {
    expect(hostJsonFor("storage", text)).toBe(text);
    expect(durableBackends[0]).toBe("storage");
  });

  it.each([
    ["scheduler", schedulerProvider],
    ["mssql", sqlProvider],
  ] as const)("differs for %s in where work is kept, and in nothing else", (backend, provider) => {
    const changed = hostJsonFor(backend, text);
    expect(durable(changed)["storageProvider"]).toEqual(provider);
    // In SQL Server the hub has the name of the database's user (durabletask-mssql, docs/multitenancy.md).
    expect(durable(changed)["hubName"]).toBe(backend === "mssql" ? undefined : durable(text)["hubName"]);
    const put = JSON.parse(changed) as { extensions: { durableTask: Record<string, unknown> } };
    for (const key of ["hubName", "storageProvider"]) put.extensions.durableTask[key] = durable(text)[key];
    expect(put).toEqual(JSON.parse(text));
  });

  it("names the setting that the template gives", async () => {
    expect(await readFile(join(root, "infra/azure/resources.bicep"), "utf8")).toContain(
      `${schedulerProvider.connectionStringName}: 'Endpoint=`,
    );
  });
});
