import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { appendFile, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { type LocalDatabase, startLocalDatabase } from "@stand-in/database";
import { afterThisProcess } from "../local/after-this-process.ts";
import { productRole, urlOfRole } from "../local/product-role.ts";
import { templatesVariable } from "./templates.ts";

/**
 * A test's database lives only as long as the test: it never waits for the disk, and has no processes that it does not
 * need.
 */
const settings = `
fsync = off
full_page_writes = off
synchronous_commit = off
io_method = sync
`;

const password = "of the tests";

export interface TestDatabase extends LocalDatabase {
  /** As the product's role. */
  readonly productUrl: string;
}

/** Starts a PostgreSQL with Guacamole's tables, on which role.sql has been run, in a new folder. */
export async function startTestDatabase(directory: string): Promise<TestDatabase> {
  await prepareTestDatabase(directory);
  const database = await startLocalDatabase({ directory });
  if (process.env[templatesVariable] === undefined) await productRole(database.url, password);
  // The first line of the file is the server's process id.
  const dismiss = afterThisProcess('read -r pid < "$0" && kill -INT "$pid"', join(directory, "data/postmaster.pid"));
  return {
    ...database,
    productUrl: urlOfRole(database.url, password),
    async close() {
      await database.close();
      dismiss();
    },
  };
}

/**
 * Makes a folder in which startLocalDatabase finds a complete database. It is a copy of one that the run of vitest
 * created once: creating one takes more than a second of CPU time, copying it a tenth of that. Does nothing outside
 * vitest.
 */
export async function prepareTestDatabase(directory: string): Promise<void> {
  const templates = process.env[templatesVariable];
  if (templates !== undefined) await copy(await templateIn(templates), directory);
}

/** Several test files may create the template at the same time; all use the first one that is complete. */
async function templateIn(templates: string): Promise<string> {
  const template = join(templates, "database");
  if (existsSync(template)) return template;
  const folder = await mkdtemp(join(templates, "draft-"));
  const draft = join(folder, "database");
  try {
    const database = await startLocalDatabase({ directory: draft });
    await productRole(database.url, password);
    await database.close();
    await appendFile(join(draft, "data/postgresql.auto.conf"), settings);
    await rename(draft, template).catch((error: unknown) => {
      if (!existsSync(template)) throw error;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return template;
}

/** With `cp`, which keeps the owner: if run as root, PostgreSQL runs as another user. */
async function copy(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await promisify(execFile)("cp", ["-Rp", from, to]);
}
