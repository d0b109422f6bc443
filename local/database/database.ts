import { mkdir, realpath } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { findBinaries } from "./binaries.ts";
import { checkCluster, createCluster, databaseName, removeDrafts, roleName, setPassword } from "./cluster.ts";
import { broken, reasonOf } from "./error.ts";
import { lockFolder } from "./folder-lock.ts";
import { stopOrphan } from "./orphan.ts";
import { newPassword, readPassword, writePassword } from "./password.ts";
import { startOnPort } from "./port.ts";
import { chooseUser } from "./run-as.ts";
import { applySchema } from "./schema.ts";
import type { Server } from "./server.ts";

export { LocalDatabaseError } from "./error.ts";
export { lockFolder };

export interface LocalDatabaseOptions {
  /**
   * Contains everything: data, password, lock. Created if missing; may be deleted while stopped, to start from scratch.
   */
  readonly directory: string;
  /** A port on 127.0.0.1; a free one if 0 or absent. */
  readonly port?: number;
  /** PostgreSQL's own output, line by line. */
  readonly log?: (line: string) => void;
}

export interface LocalDatabase {
  /** postgres://guacamole:password@127.0.0.1:port/guacamole: as the owner of the tables, not a superuser. A secret. */
  readonly url: string;
  readonly port: number;
  /** Disconnects everybody and stops the server. May be called again. */
  close(): Promise<void>;
}

/**
 * Starts a real PostgreSQL with Guacamole's tables. Creates it on the first start, and recovers from killed processes.
 * Throws LocalDatabaseError; if its `resettable` is true, deleting the directory helps.
 */
export async function startLocalDatabase(options: LocalDatabaseOptions): Promise<LocalDatabase> {
  await mkdir(options.directory, { recursive: true });
  // The real path, as in an orphan's command line.
  const folder = await realpath(options.directory);
  const unlock = await lockFolder(folder);
  try {
    const { server, port, url } = await open(folder, options.port ?? 0, options.log ?? (() => undefined));
    let closed: Promise<void> | undefined;
    return { url, port, close: () => (closed ??= server.stop().then(unlock)) };
  } catch (error) {
    await unlock();
    throw error;
  }
}

interface Opened {
  readonly server: Server;
  readonly port: number;
  readonly url: string;
}

async function open(folder: string, port: number, log: (line: string) => void): Promise<Opened> {
  const data = join(folder, "data");
  const binaries = await findBinaries();
  const runAs = await chooseUser(data, [folder, binaries.postgres]);
  await removeDrafts(folder);
  await stopOrphan(data, log);

  const kept = await readPassword(folder);
  const password = kept ?? newPassword();
  if (!existsSync(data)) {
    await createCluster(binaries, runAs, folder, data, password);
  } else {
    await checkCluster(folder, data, binaries);
    if (kept === undefined) await setPassword(binaries, runAs, folder, data, password);
  }
  // Last: after a crash before this line the next start finds no password and sets another one.
  if (kept === undefined) await writePassword(folder, password);

  const started = await startOnPort(binaries, runAs, folder, data, port, log);
  const url = `postgres://${roleName}:${password}@127.0.0.1:${started.port}/${databaseName}`;
  try {
    await prepare(url);
  } catch (cause) {
    // A server with damaged files often just closes the connection; then only its log has the reason.
    const reason = (await started.server.abandon()) ?? reasonOf(cause);
    throw broken(folder, `cannot open the tables in ${data}: ${reason}`, cause);
  }
  return { ...started, url };
}

async function prepare(url: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 15_000 });
  try {
    await client.connect();
    await applySchema(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
