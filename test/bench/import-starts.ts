import { execFile } from "node:child_process";
import { mkdir, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { buildProduct } from "../../local/build.ts";
import { packageApp, writePackage } from "../../local/package/app-package.ts";
import { unconnectedSettings } from "../package/unconnected.ts";
import { median } from "./median.ts";

const root = dirname(dirname(import.meta.dirname));
const once = fileURLToPath(new URL("import-once.ts", import.meta.url));

/** What a process took until the app was loaded: medians. */
export interface Import {
  words: string;
  cpu: number;
  milliseconds: number;
  megabytes: number;
}

export interface Imports {
  built: Import;
  package: Import[];
  /** Another checkout, as it is built. */
  before: Import | undefined;
  /** pg alone; `fetch` needs no import. */
  floor: Import;
  /** Sizes of the package in megabytes: as it is sent, and unpacked. */
  zip: number;
  unpacked: number;
}

interface Start {
  words: string;
  folder: string;
  environment: () => Promise<Record<string, string>>;
  /** What is imported instead of the app. */
  instead?: string;
}

/** @param before another checkout, an older one, with its modules */
export async function measureImports(rounds: number, before?: string): Promise<Imports> {
  const temporary = await realpath(await mkdtemp(join(tmpdir(), "bench-import-")));
  try {
    await buildProduct(root);
    const app = await packageApp(root);
    const folder = join(temporary, "app");
    await writePackage(app, folder);
    const withCache = async (place: string) => {
      await mkdir(place, { recursive: true });
      return { TMPDIR: place };
    };
    let first = 0;
    const environment = () => Promise.resolve({ NODE_DISABLE_COMPILE_CACHE: "1" });
    const starts: Start[] = [
      { words: "built, with node_modules", folder: root, environment },
      { words: "pg and nothing else", folder: root, environment, instead: "pg" },
      { words: "package, no compile cache", folder, environment },
      { words: "package, first start", folder, environment: () => withCache(join(temporary, `first-${(first += 1)}`)) },
      { words: "package, later starts", folder, environment: () => withCache(join(temporary, "later")) },
    ];
    if (before !== undefined) {
      await promisify(execFile)("npm", ["run", "-s", "build"], { cwd: before });
      starts.push({ words: "before, built", folder: before, environment });
    }
    const [built, floor, cold, firstStart, later, older] = await inTurns(starts, rounds, temporary);
    if (!built || !floor || !cold || !firstStart || !later) throw new Error("measure: a start is missing");
    const unpacked = [...app.files.values()].reduce((sum, { length }) => sum + length, 0);
    const sizes = { zip: app.zip.length / 1e6, unpacked: unpacked / 1e6 };
    return { built, package: [cold, firstStart, later], before: older, floor, ...sizes };
  } finally {
    await rm(temporary, { recursive: true });
  }
}

async function inTurns(starts: readonly Start[], rounds: number, temporary: string): Promise<Import[]> {
  const settings = await unconnectedSettings(temporary);
  const found = starts.map((): Omit<Import, "words">[] => []);
  // The first round fills caches of files and code.
  for (let round = 0; round <= rounds; round += 1)
    for (const [index, { folder, environment, instead }] of starts.entries()) {
      const env = { ...process.env, ...settings, ...(await environment()) };
      const args = instead === undefined ? [once] : [once, instead];
      const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder, env });
      if (round > 0) found[index]?.push(JSON.parse(stdout) as Import);
    }
  return starts.map(({ words }, index) => {
    const runs = found[index] ?? [];
    return {
      words,
      cpu: median(runs.map(({ cpu }) => cpu)),
      milliseconds: median(runs.map(({ milliseconds }) => milliseconds)),
      megabytes: median(runs.map(({ megabytes }) => megabytes)),
    };
  });
}
