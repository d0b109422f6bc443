import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { changedAt, newestChange } from "./newest-change.ts";

export type Built = "built" | "up to date";

/** The lockfile stands for the bundler. */
const sources = ["functions", "orchestrations", "shared", "tsconfig.json", "package-lock.json"];

/**
 * Makes one file of the product's sources, dist/functions/index.js, if one of them has changed; the packages stay in
 * node_modules. Types are not checked. Throws with the bundler's output.
 */
export async function buildProduct(root: string): Promise<Built> {
  const stamp = join(root, "dist", ".built");
  if ((await newestChange(root, sources)) < (await changedAt(stamp))) return "up to date";
  try {
    await build({
      absWorkingDir: root,
      entryPoints: ["functions/index.ts"],
      outfile: "dist/functions/index.js",
      bundle: true,
      packages: "external",
      platform: "node",
      target: "node24",
      format: "esm",
      sourcemap: true,
      logLevel: "silent",
    });
  } catch (error) {
    throw new Error(`build the product: ${(error as Error).message}`, { cause: error });
  }
  await writeFile(stamp, "");
  return "built";
}
