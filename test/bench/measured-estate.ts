import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startGuacamoleDatabase } from "../guacamole-database.ts";
import { fillHistory } from "./fill-history.ts";

/** By the name of a work: the least CPU of several runs in milliseconds, and of each run requests, bytes, and round trips of the database. */
export type MeasuredWorks = Record<string, { cpu: number; requests: number; bytes: number; roundTrips: number }>;

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const run = promisify(execFile);
const sessionsEach = 20;

/**
 * Runs operators-once.ts in a new process, against a real PostgreSQL and an API that only reads, with so many desktops.
 *
 * @param only the works to run; all if there are none
 */
export async function measureEstate(size: number, only: readonly string[] = []): Promise<MeasuredWorks> {
  const now = new Date();
  const folder = await mkdtemp(join(tmpdir(), "bench-"));
  const database = await startGuacamoleDatabase();
  const server = spawn(
    process.execPath,
    [here("estate-server.ts"), String(size), now.toISOString(), database.productUrl],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  try {
    await fillHistory(database.owner, size, sessionsEach, now);
    const [printed] = (await once(server.stdout, "data")) as [Buffer];
    const [address = "", databaseUrl = ""] = printed.toString().trim().split(" ");
    const { stdout, stderr } = await run(process.execPath, [
      here("operators-once.ts"),
      ...[address, databaseUrl, now.toISOString(), folder],
      ...only,
    ]);
    process.stderr.write(stderr);
    return JSON.parse(stdout) as MeasuredWorks;
  } finally {
    server.kill();
    await database.close();
    await rm(folder, { recursive: true });
  }
}
