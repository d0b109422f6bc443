import { expect, it } from "vitest";
import { measureImports } from "./bench/import-starts.ts";

it("the bench of loading the app loads it in each way that it reports", async () => {
  const { built, package: packed, floor, zip } = await measureImports(1);
  expect([built, ...packed, floor].map(({ words }) => words)).toEqual([
    "built, with node_modules",
    "package, no compile cache",
    "package, first start",
    "package, later starts",
    "pg and nothing else",
  ]);
  for (const { words, cpu, megabytes } of [built, ...packed, floor])
    expect({ words, measured: cpu > 0 && megabytes > 0 }).toEqual({ words, measured: true });
  expect(zip).toBeGreaterThan(1);
});
