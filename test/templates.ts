import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterThisProcess } from "./after-this-process.ts";

/**
 * The environment variable that names the folder in which a run of vitest keeps what its test files copy
 * (test/test-database.ts).
 */
export const templatesVariable = "TEST_TEMPLATES";

export default async function setup(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "templates-"));
  process.env[templatesVariable] = folder;
  // Compiling is half of the CPU time of a short start of the product, and much of a test file's.
  process.env["NODE_COMPILE_CACHE"] = join(folder, "compiled");
  const dismiss = afterThisProcess('rm -rf "$0"', folder);
  return async () => {
    await rm(folder, { recursive: true, force: true });
    dismiss();
  };
}
