import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { codeOf, LocalDatabaseError, notPermitted } from "./error.ts";
import { readProcess } from "./process-table.ts";

const stopSeconds = 15;

/**
 * Stops the server that a killed process of ours left running on the data directory, and removes a killed server's pid
 * file. Call it only while holding the folder's lock, so that no running process of ours owns that server. A process is
 * not touched unless it is provably PostgreSQL on this directory.
 */
export async function stopOrphan(data: string, log: (line: string) => void): Promise<void> {
  const pidFile = join(data, "postmaster.pid");
  const pid = Number.parseInt(await readPidFile(pidFile));
  if (await serves(pid, data)) {
    log(`stopping process ${pid}, which an earlier start left behind`);
    await stop(pid, data);
  }
  // PostgreSQL only checks whether the process id is alive. After a reboot it can belong to any process, and the server
  // would never start. It still finds processes that use the data by their shared memory.
  await rm(pidFile, { force: true });
}

async function readPidFile(pidFile: string): Promise<string> {
  try {
    return await readFile(pidFile, "utf8");
  } catch (error) {
    if (codeOf(error) === "EACCES") throw notPermitted(pidFile, error);
    return "";
  }
}

async function stop(pid: number, data: string): Promise<void> {
  for (const signal of ["SIGINT", "SIGQUIT"] as const) {
    try {
      process.kill(pid, signal); // fast shutdown, then immediate
    } catch {
      // It has ended, or belongs to another user: the wait shows which.
    }
    if (await until(async () => !(await serves(pid, data)), stopSeconds)) return;
  }
  throw new LocalDatabaseError("in-use", `process ${pid} does not stop (end it with: kill -9 ${pid})`);
}

/** True if this process is a PostgreSQL server on this data directory, by its command line. */
async function serves(pid: number, data: string): Promise<boolean> {
  const command = (await readProcess(pid))?.command ?? "";
  return /(^|\/)postgres -D /.test(command) && command.includes(` -D ${data} `);
}

/** Polls `look` until it returns true. Returns false if that takes longer than `withinSeconds`. */
async function until(look: () => Promise<boolean>, withinSeconds: number): Promise<boolean> {
  const deadline = Date.now() + withinSeconds * 1000;
  for (;;) {
    if (await look()) return true;
    if (Date.now() > deadline) return false;
    await delay(25);
  }
}
