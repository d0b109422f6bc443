import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { packageApp, writePackage } from "../../local/package/app-package.ts";

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Writes a function app's own files into an empty folder. */
export type WriteApp = (folder: string) => Promise<void>;

/** The product as it is deployed: what `npm run package` makes, without any installed package. */
export const writeProduct: WriteApp = async (folder) => {
  await writePackage(await packageApp(root), folder);
};

/** For an app that imports packages: links those that are installed here. */
export async function linkPackages(folder: string): Promise<void> {
  await symlink(join(root, "node_modules"), join(folder, "node_modules"), "dir");
}

/** Makes a folder from which Core Tools can start an app: its files, and local.settings.json with these settings. */
export async function makeAppFolder(
  folder: string,
  writeApp: WriteApp,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeApp(folder);
  const localSettings = { IsEncrypted: false, Values: settings };
  await writeFile(join(folder, "local.settings.json"), `${JSON.stringify(localSettings, undefined, 2)}\n`, {
    mode: 0o600,
  });
}
