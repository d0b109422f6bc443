import { randomUUID } from "node:crypto";
import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { codeOf, LocalDatabaseError, notPermitted } from "./error.ts";
import { readProcess } from "./process-table.ts";

/**
 * Makes this process the only one that may start a server on the folder, until the returned function is called.
 * Throws `in-use` while another living process has it. Of two that come in the same instant, one gets the folder or neither does.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  // Everybody claims first and looks around afterwards, so of two at least one sees the other. No name is ever used twice, which makes
  // it safe for anybody to remove the claim of a process that has died.
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

/** "id-start": with the start, a process that was given a dead one's id is not taken for it. */
async function nameProcess(pid: number): Promise<string> {
  return `${pid}-${encodeURIComponent((await readProcess(pid))?.startedAt ?? "ended")}`;
}

function inUse(pid = "?"): LocalDatabaseError {
  return new LocalDatabaseError("in-use", `process ${pid} has it open (stop that one first, or use another folder)`);
}
