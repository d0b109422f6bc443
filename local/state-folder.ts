import { chmod, mkdir, readdir, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { LocalDatabaseError, lockFolder } from "@stand-in/database";
import { type StartOptions, usualState } from "./options.ts";

/** The first file that a start writes. A folder with it is one of ours. */
export const logName = "host.log";

/** One start per folder: two would write to the same databases. */
export async function openState({ state, reset }: Pick<StartOptions, "state" | "reset">): Promise<() => Promise<void>> {
  try {
    await mkdir(state, { recursive: true });
    await expectOurs(state);
    const unlock = await lockFolder(state);
    await keepPrivate(state);
    if (reset)
      for (const name of await readdir(state))
        if (name !== "lock") await rm(join(state, name), { recursive: true, force: true });
    return unlock;
  } catch (error) {
    if (error instanceof LocalDatabaseError && error.code === "in-use")
      throw new Error(
        `use ${state}: another npm start is using it (stop that one first, or choose a folder with --state)`,
        {
          cause: error,
        },
      );
    throw new Error(`use ${state}: ${(error as Error).message} (choose another folder with --state)`, { cause: error });
  }
}

/** Takes a folder of an earlier release from everybody else; what is written from now on is private by itself. */
async function keepPrivate(state: string): Promise<void> {
  await chmod(state, 0o700);
  for (const entry of await readdir(state, { recursive: true, withFileTypes: true })) {
    // Claims of the lock come and go with other starts.
    if (entry.name.startsWith("lock-") || !(entry.isFile() || entry.isDirectory())) continue;
    const path = join(entry.parentPath, entry.name);
    await chmod(path, (await stat(path)).mode & 0o700);
  }
}

/** Throws if the folder has files, none of them by a start: its modes would be changed, and `--reset` would empty it. */
async function expectOurs(state: string): Promise<void> {
  // `npm run test:func` writes there too, and may be the first.
  if (state === resolve(usualState)) return;
  const names = await readdir(state);
  if (names.includes(logName)) return;
  // A lock, or claims of it, may be all that a start left which was killed at once.
  const foreign = names.find((name) => name !== "lock" && !name.startsWith("lock-"));
  if (foreign !== undefined) throw new Error(`${foreign} is in it, and no npm start used it before`);
}
