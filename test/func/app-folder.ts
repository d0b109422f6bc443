import { cp, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Writes a function app's own files into an empty folder. */
export type WriteApp = (folder: string) => Promise<void>;

/** The product as it is deployed: built, with host.json and package.json. */
export const writeProduct: WriteApp = async (folder) => {
  for (const name of ["dist", "host.json", "package.json"])
    await cp(join(root, name), join(folder, name), { recursive: true });
};

/**
 * Makes a folder from which Core Tools can start an app: its files, the installed packages, and local.settings.json
 * with these settings.
 */
export async function makeAppFolder(
  folder: string,
  writeApp: WriteApp,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeApp(folder);
  await symlink(join(root, "node_modules"), join(folder, "node_modules"), "dir");
  const localSettings = { IsEncrypted: false, Values: settings };
  await writeFile(join(folder, "local.settings.json"), `${JSON.stringify(localSettings, undefined, 2)}\n`, {
    mode: 0o600,
  });
}
