import { randomUUID } from "node:crypto";
import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { codeOf, LocalDatabaseError, notPermitted } from "./error.ts";
import { readProcess } from "./process-table.ts";

/**
 * Makes this process the only one that may start a server on the folder, until it calls the returned function.
 * Throws `in-use` while another running process holds the lock. Of two concurrent attempts, at most one succeeds.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  // Everybody claims first and looks for other claims afterwards, so of two at least one sees the other. Names are
  // never reused, so anybody may safely remove a dead process's claim.
  const claim = `lock-${await nameProcess(process.pid)}-${randomUUID()}`;
  await writeFile(join(folder, claim), "").catch((error: unknown) => {
    throw codeOf(error) === "EACCES" ? notPermitted(folder, error) : error;
  });
  const unlock = () => rm(join(folder, claim), { force: true });
  try {
    for (const other of await readdir(folder)) {
      if (other === claim) continue;
      const [, holder, pid] = /^lock-((\d+)-.+)-[0-9a-f-]{36}$/.exec(other) ?? [];
      if (holder === undefined) continue;
      if ((await nameProcess(Number(pid))) === holder) throw inUse(pid);
      await rm(join(folder, other), { force: true });
    }
  } catch (error) {
    await unlock();
    throw error;
  }
  return unlock;
}

/** Returns "id-start". The start time distinguishes a process from a dead one with the same id. */
async function nameProcess(pid: number): Promise<string> {
  return `${pid}-${encodeURIComponent((await readProcess(pid))?.startedAt ?? "ended")}`;
}

function inUse(pid = "?"): LocalDatabaseError {
  return new LocalDatabaseError("in-use", `process ${pid} has it open (stop that one first, or use another folder)`);
}
