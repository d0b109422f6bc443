import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterThisProcess } from "../local/after-this-process.ts";

/**
 * The environment variable that names the folder in which a run of vitest keeps what its test files copy
 * (test/test-database.ts).
 */
export const templatesVariable = "TEST_TEMPLATES";

export default async function setup(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "templates-"));
  process.env[templatesVariable] = folder;
  // Compiling is half of the CPU time of a short start of the product, and much of a test file's.
  process.env["NODE_COMPILE_CACHE"] = join(folder, "compiled");
  // Not at the end of the run: processes that are just ending still write into the cache.
  afterThisProcess('rm -rf "$0"', folder);
}
