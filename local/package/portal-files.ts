import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { buildPortalInto } from "../build-portal.ts";

/** The built portal: its files, by name, and the folders of the packages whose code is in them. */
export interface BuiltPortal {
  files: ReadonlyMap<string, Uint8Array>;
  packages: readonly string[];
}

/** For the licences; nobody asks the app for it. */
const packagesFile = "packages.json";

/**
 * Builds the portal and returns what is deployed of it. The same sources and packages give the same bytes. It is built outside
 * the repository, since dist/portal may be in use.
 */
export async function portalFiles(root: string): Promise<BuiltPortal> {
  const folder = await mkdtemp(join(tmpdir(), "portal-"));
  try {
    await buildPortalInto(root, folder);
    const files = new Map<string, Uint8Array>();
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile()) files.set(relative(folder, path), await readFile(path));
    }
    const names = JSON.parse(new TextDecoder().decode(files.get(packagesFile))) as string[];
    files.delete(packagesFile);
    return { files, packages: names.map((name) => `node_modules/${name}`) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
