import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startGuacamoleDatabase } from "../guacamole-database.ts";
import { fillHistory } from "./fill-history.ts";

/** What one run of a work takes on average. */
export interface MeasuredWork {
  /** Of the process, in milliseconds. */
  cpu: number;
  /** Of the thread that runs the product's code: without the threads on which V8 marks a large heap. */
  ownCpu: number;
  requests: number;
  bytes: number;
  /** Of the database. */
  roundTrips: number;
}

/** By the name of the work. */
export type MeasuredWorks = Record<string, MeasuredWork>;

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const run = promisify(execFile);
const sessionsEach = 20;
/**
 * A work is run so often that it goes through so many desktops, whatever the size: the compiler has seen as much, and garbage
 * is collected as often for each desktop.
 */
const desktopsInAll = { warmUps: 20_000, runs: 50_000 };

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
      ...[desktopsInAll.warmUps / size, desktopsInAll.runs / size].map(String),
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
