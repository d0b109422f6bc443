import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lockFolder } from "./folder-lock.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "folder-lock-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** Leaves the lock of a process `pid` that started at that time. */
async function leaveLock(pid: number, startedAt: string): Promise<void> {
  await writeFile(join(folder, `lock-${pid}-${startedAt}-00000000-0000-4000-8000-000000000000`), "");
}

test("a folder has one holder, and is free again once released", async () => {
  const unlock = await lockFolder(folder);
  await expect(lockFolder(folder)).rejects.toMatchObject({ code: "in-use" });
  await unlock();
  await (
    await lockFolder(folder)
  )();
  expect(await readdir(folder)).toEqual([]);
});

test("a dead holder's lock is taken over and removed", async () => {
  const child = spawn(process.execPath, ["-e", ""]);
  await once(child, "exit");
  await leaveLock(child.pid ?? 0, "12345");
  await lockFolder(folder);
  expect(await readdir(folder)).toHaveLength(1);
});

test("a process that merely has the dead holder's id does not keep the folder locked", async () => {
  await leaveLock(process.ppid, "1");
  await lockFolder(folder);
});

test("the holder is identified by its process id and start time", async () => {
  await lockFolder(folder);
  const [lock = ""] = await readdir(folder);
  expect(lock).toMatch(new RegExp(`^lock-${process.pid}-[^/]+-[0-9a-f-]{36}$`));
  await rename(join(folder, lock), join(folder, lock.replace(`lock-${process.pid}-`, `lock-${process.ppid}-`)));
  await lockFolder(folder);
});

test("of many concurrent attempts at most one gets the folder, with or without a dead lock", async () => {
  for (let round = 0; round < 20; round++) {
    await leaveLock(process.ppid, "1");
    const comers = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(folder)));
    const unlocks = comers.flatMap((comer) => (comer.status === "fulfilled" ? [comer.value] : []));
    expect(unlocks.length).toBeLessThan(2);
    await unlocks[0]?.();
    await (
      await lockFolder(folder)
    )(); // the refused attempts left no lock behind
  }
});
