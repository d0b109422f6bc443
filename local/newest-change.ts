import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** When the newest of these files, and of those below these folders, last changed, in ms since 1970. One may be missing. */
export async function newestChange(root: string, paths: readonly string[]): Promise<number> {
  const files = await Promise.all(paths.map((path) => filesBelow(join(root, path))));
  return Math.max(...(await Promise.all(files.flat().map(changedAt))));
}

/** The files below a folder, and folders among them; a file is below itself. */
export async function filesBelow(path: string): Promise<string[]> {
  try {
    return (await readdir(path, { recursive: true })).map((file) => join(path, file));
  } catch (error) {
    if (["ENOTDIR", "ENOENT"].includes((error as NodeJS.ErrnoException).code ?? "")) return [path];
    throw error;
  }
}

/** When a file last changed, in ms since 1970; 0 if it does not exist. */
export async function changedAt(file: string): Promise<number> {
  try {
    return (await stat(file)).mtimeMs;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return 0;
    throw error;
  }
}
