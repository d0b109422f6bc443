import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The environment variable with the folder in which a run of vitest keeps what its test files copy (test/test-database.ts). */
export const templatesVariable = "TEST_TEMPLATES";

export default async function setup(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "templates-"));
  process.env[templatesVariable] = folder;
  return () => rm(folder, { recursive: true, force: true });
}
