import { globSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { loadApp } from "@stand-in/functions-host";

const root = dirname(import.meta.dirname);

// In its own file, so that no module of the product has been imported before.
it("importing the product registers nothing and changes nothing", async () => {
  const files = globSync("{functions,orchestrations,shared}/**/*.ts", { cwd: root })
    .filter((file) => !file.endsWith(".test.ts") && file !== "functions/index.ts")
    .map((file) => join(root, file));
  expect(files).toContain(join(root, "functions/app.ts"));
  const { Request } = globalThis;
  const load = () => Promise.all(files.map((file) => import(file) as Promise<unknown>));
  await expect(loadApp({ appRoot: root, load })).rejects.toThrow("no function was registered");
  expect(globalThis.Request).toBe(Request);
});
