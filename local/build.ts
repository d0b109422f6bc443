import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { changedAt, newestChange } from "./newest-change.ts";
import { runTool } from "./run-tool.ts";

export type Built = "built" | "up to date";

const sources = ["functions", "orchestrations", "shared", "tsconfig.build.json"];

/** Compiles the product into dist/, as for a deployment, if a source has changed. Throws with the compiler's output. */
export async function buildProduct(root: string): Promise<Built> {
  const stamp = join(root, "dist", ".built");
  if ((await newestChange(root, sources)) < (await changedAt(stamp))) return "up to date";
  await runTool(root, "build the product: the compiler failed", [
    "typescript/bin/tsc",
    ...["-p", "tsconfig.build.json"],
  ]);
  await writeFile(stamp, "");
  return "built";
}
