/**
 * The entry point of the packaged app. It turns on Node's compile cache and then loads the bundle, which is built from
 * functions/index.ts: a module that enables the cache is itself compiled before there is one.
 *
 * The cache is code that Node runs without checking who wrote it, and Node's usual place for it is below the folder for
 * temporary files, where any account could put it first. So it is kept in a folder that only this account can write to;
 * without such a folder the app starts without a cache. NODE_COMPILE_CACHE chooses another place.
 */
import { lstatSync, mkdirSync } from "node:fs";
import { enableCompileCache, getCompileCacheDir } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

function privateFolder(): string | undefined {
  try {
    // Windows has no such ids, and gives each account a folder for temporary files.
    const account = process.getuid?.();
    const folder = join(tmpdir(), `guacamole-workspaces-${account ?? "cache"}`);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const found = lstatSync(folder);
    const isPrivate = account === undefined || (found.uid === account && (found.mode & 0o077) === 0);
    return found.isDirectory() && isPrivate ? folder : undefined;
  } catch {
    return undefined;
  }
}

if (getCompileCacheDir() === undefined) {
  const folder = privateFolder();
  if (folder !== undefined) enableCompileCache(folder);
}

await import("../../functions/index.ts");
