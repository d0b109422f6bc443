import { randomUUID } from "node:crypto";
import { access, chown, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Binaries } from "./binaries.ts";
import { broken, codeOf, LocalDatabaseError, notPermitted, reasonOf } from "./error.ts";
import { runAsUser, type RunAs } from "./run-as.ts";

/** The role and the database that Guacamole and the application use. */
export const roleName = "guacamole";
export const databaseName = "guacamole";

const draftPrefix = "initialising-";

// Passwords only, from this machine only. The superuser has no password, so nobody can log in as it.
const hostBasedAccess = "host all all 127.0.0.1/32 scram-sha-256\n";

/** Removes incomplete data directories of starts that died. */
export async function removeDrafts(folder: string): Promise<void> {
  const drafts = (await readdir(folder)).filter((name) => name.startsWith(draftPrefix));
  // Retries: an initdb that outlived its parent may still be writing to it.
  await Promise.all(drafts.map((name) => rm(join(folder, name), { recursive: true, force: true, maxRetries: 10 })));
}

/**
 * Creates a PostgreSQL data directory with the role and an empty database. It gets its name only when it is complete,
 * so a crash leaves a draft, never half a database.
 */
export async function createCluster(
  { initdb, postgres }: Binaries,
  runAs: RunAs,
  folder: string,
  data: string,
  password: string,
): Promise<void> {
  const draft = join(folder, `${draftPrefix}${randomUUID()}`);
  await mkdir(draft, { mode: 0o700 });
  if (runAs.user) await chown(draft, runAs.user.uid, runAs.user.gid);
  try {
    await mustSucceed(runAs, initdb, [
      `--pgdata=${draft}`,
      "--username=postgres",
      "--auth=trust", // until pg_hba.conf is replaced; no server is listening yet
      "--encoding=UTF8",
      // Built in, so that sorting and lower() are the same on every machine.
      "--locale=C",
      "--locale-provider=builtin",
      "--builtin-locale=C.UTF-8",
      "--no-sync",
      "--no-instructions",
    ]);
    await writeFile(join(draft, "pg_hba.conf"), hostBasedAccess);
    // CREATEDB and CREATEROLE: tests copy the database, and run the application with fewer privileges than Guacamole.
    await runAlone(postgres, runAs, draft, [
      `CREATE ROLE ${roleName} LOGIN CREATEDB CREATEROLE PASSWORD '${password}';`,
      `CREATE DATABASE ${databaseName} OWNER ${roleName};`,
    ]);
    await rename(draft, data);
  } catch (cause) {
    await rm(draft, { recursive: true, force: true });
    throw new LocalDatabaseError("cannot-create", `cannot create ${data}: ${reasonOf(cause)}`, { cause });
  }
}

/** Sets the role's password if the password file was lost. No server may be running on the data. */
export async function setPassword(
  { postgres }: Binaries,
  runAs: RunAs,
  folder: string,
  data: string,
  password: string,
): Promise<void> {
  try {
    await runAlone(postgres, runAs, data, [`ALTER ROLE ${roleName} PASSWORD '${password}';`]);
  } catch (cause) {
    throw broken(folder, `cannot set a new password in ${data}: ${reasonOf(cause)}`, cause);
  }
}

/** Throws a clear error for a data directory that this PostgreSQL cannot open. */
export async function checkCluster(folder: string, data: string, { majorVersion }: Binaries): Promise<void> {
  for (const name of ["PG_VERSION", "global/pg_control", "postgresql.conf", "pg_hba.conf", "base", "pg_wal"]) {
    try {
      await access(join(data, name));
    } catch (cause) {
      if (codeOf(cause) === "EACCES") throw notPermitted(data, cause);
      throw broken(folder, `${name} is missing in ${data}`, cause);
    }
  }
  const version = (await readFile(join(data, "PG_VERSION"), "utf8")).trim();
  if (version === majorVersion) return;
  if (!/^\d+$/.test(version)) throw broken(folder, `PG_VERSION in ${data} is not a version`);
  throw new LocalDatabaseError(
    "other-version",
    `${data} was created by PostgreSQL ${version}, this is ${majorVersion} (use that version, or delete ${folder} to start again)`,
  );
}

/**
 * Runs statements, one per line, in PostgreSQL's single-user mode: as the superuser, without a server, a port or a
 * login.
 */
async function runAlone(postgres: string, runAs: RunAs, data: string, statements: readonly string[]): Promise<void> {
  // A failed statement would be logged, and the password with it.
  const args = ["--single", "-D", data, "-c", "log_min_error_statement=panic", "postgres"];
  const output = await mustSucceed(runAs, postgres, args, statements.join("\n") + "\n");
  // It continues after a failed statement and exits with 0.
  const failure = /(?:ERROR|FATAL|PANIC): +(.*)/.exec(output)?.[1];
  if (failure !== undefined) throw new Error(`postgres --single: ${failure}`);
}

async function mustSucceed(runAs: RunAs, program: string, args: readonly string[], input?: string): Promise<string> {
  const { exitCode, output } = await runAsUser(runAs, program, args, input);
  if (exitCode === 0) return output;
  const reason = output.trim().split("\n").slice(-3).join(" ");
  throw new Error(`${basename(program)} ended with ${exitCode ?? "a signal"}: ${reason}`);
}
