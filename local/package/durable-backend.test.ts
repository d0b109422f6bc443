import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { durableBackends, hostJsonFor, schedulerProvider } from "./durable-backend.ts";

const root = join(import.meta.dirname, "../..");

describe("host.json for each backend", async () => {
  const text = await readFile(join(root, "host.json"), "utf8");
  const durable = (host: string) =>
    (JSON.parse(host) as { extensions: { durableTask: Record<string, unknown> } }).extensions.durableTask;

  it("is the file itself for Azure Storage", () => {
    expect(hostJsonFor("storage", text)).toBe(text);
    expect(durableBackends[0]).toBe("storage");
  });

  it("differs for the scheduler in where work is kept, and in nothing else", () => {
    const changed = hostJsonFor("scheduler", text);
    expect(durable(changed)["storageProvider"]).toEqual(schedulerProvider);
    const put = JSON.parse(changed) as { extensions: { durableTask: Record<string, unknown> } };
    put.extensions.durableTask["storageProvider"] = durable(text)["storageProvider"];
    expect(put).toEqual(JSON.parse(text));
  });

  it("names the setting that the template gives", async () => {
    expect(await readFile(join(root, "infra/azure/resources.bicep"), "utf8")).toContain(
      `${schedulerProvider.connectionStringName}: 'Endpoint=`,
    );
  });
});
