import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { testFiles } from "./test/classes.ts";
import { LongestFirst } from "./test/longest-first.ts";

const { quick, processes } = testFiles(import.meta.dirname);
// Generous: on a machine that others use too, everything takes several times as long.
const usual = {
  pool: "forks",
  testTimeout: 300_000,
  hookTimeout: 300_000,
  expect: { poll: { timeout: 60_000 } },
} as const;

export default defineConfig({
  test: {
    // Test files wait for processes, databases and polls for a good part of their time.
    maxWorkers: availableParallelism() + 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      { test: { ...usual, name: "quick", include: quick } },
      {
        test: {
          ...usual,
          name: "processes",
          include: processes,
          // Tests that start the product as people do need it built; once, since two compilers would disturb each other.
          globalSetup: ["test/build.ts", "test/templates.ts"],
        },
      },
    ],
  },
});
