import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isOlder, rowsFor } from "./versions.ts";

describe("the version of an orchestration", () => {
  it.each([
    ["1.0", "1.0", false],
    ["1.0", "1.1", true],
    ["1.9", "1.10", true],
    ["2.0", "1.10", false],
    ["1.1", "1.0", false],
    [undefined, "1.0", true],
    [null, "1.0", true],
    ["", "1.0", true],
  ])("%j is older than %s: %s", (version, limit, expected) => {
    expect(isOlder(version, limit)).toBe(expected);
  });

  it("chooses the rows of a table", () => {
    const table = [
      { name: "always" },
      { name: "renamed", until: "1.2" },
      { name: "new name", since: "1.2" },
      { name: "for a time", since: "1.1", until: "1.2" },
    ];
    const namesAt = (version: string) =>
      rowsFor({ startedBefore: (limit) => isOlder(version, limit) }, table).map(({ name }) => name);
    expect(namesAt("1.0")).toEqual(["always", "renamed"]);
    expect(namesAt("1.1")).toEqual(["always", "renamed", "for a time"]);
    expect(namesAt("1.2")).toEqual(["always", "new name"]);
  });
});

/** The versions that the orchestrations distinguish, as they are written in their sources. */
async function mentionedVersions(): Promise<string[]> {
  const folder = import.meta.dirname;
  const files = (await readdir(folder)).filter((file) => !file.endsWith(".test.ts"));
  const sources = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
  return sources.flatMap((source) =>
    [...source.matchAll(/(?:since: |until: |startedBefore\()"([^"]*)"/g)].map(([, version]) => version ?? ""),
  );
}

it("host.json has a version that is as new as every version in the orchestrations, so that new work gets the new rows", async () => {
  const text = await readFile(join(import.meta.dirname, "../host.json"), "utf8");
  const host = JSON.parse(text) as { extensions: { durableTask: { defaultVersion: string } } };
  const { defaultVersion } = host.extensions.durableTask;
  // Two numbers: the host compares 1.0 and 1.0.0 as different versions.
  expect(defaultVersion).toMatch(/^\d+\.\d+$/);
  for (const version of await mentionedVersions()) {
    expect(version).toMatch(/^\d+\.\d+$/);
    expect(isOlder(defaultVersion, version)).toBe(false);
  }
});
