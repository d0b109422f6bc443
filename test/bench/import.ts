/**
 * `npm run bench:import`: what it takes a process to load the app: as the compiler's output with node_modules, and as the
 * package, without a compile cache, at the first start with one, and at each start after it. The starts take turns, each
 * in a new process. Exits with 1 if the package takes more CPU than what it is made of.
 */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { buildProduct } from "../../local/build.ts";
import { packageApp } from "../../local/package/app-package.ts";
import { unconnectedSettings } from "../package/unconnected.ts";

const rounds = 9;
const root = dirname(dirname(import.meta.dirname));
const once = fileURLToPath(new URL("import-once.ts", import.meta.url));

interface Measured {
  cpu: number;
  milliseconds: number;
  megabytes: number;
}
interface Start {
  words: string;
  folder: string;
  environment: () => Promise<Record<string, string>>;
}

const temporary = await realpath(await mkdtemp(join(tmpdir(), "bench-import-")));
try {
  const [cpu] = cpus();
  process.stdout.write(`${availableParallelism()} x ${cpu?.model.trim() ?? "?"}, Node ${process.version}\n\n`);
  process.exitCode = report(await measure(await prepare()));
} finally {
  await rm(temporary, { recursive: true });
}

async function prepare(): Promise<Start[]> {
  await buildProduct(root);
  const folder = join(temporary, "app");
  await mkdir(folder);
  for (const [name, content] of (await packageApp(root)).files) await writeFile(join(folder, name), content);
  const withCache = async (place: string) => {
    await mkdir(place, { recursive: true });
    return { TMPDIR: place };
  };
  let first = 0;
  const withoutCache = () => Promise.resolve({ NODE_DISABLE_COMPILE_CACHE: "1" });
  return [
    { words: "compiled, with node_modules", folder: root, environment: withoutCache },
    { words: "package, no compile cache", folder, environment: withoutCache },
    { words: "package, first start", folder, environment: () => withCache(join(temporary, `first-${(first += 1)}`)) },
    { words: "package, later starts", folder, environment: () => withCache(join(temporary, "later")) },
  ];
}

async function measure(starts: readonly Start[]): Promise<Map<string, Measured[]>> {
  const settings = await unconnectedSettings(temporary);
  const found = new Map<string, Measured[]>(starts.map(({ words }) => [words, []]));
  // The first round fills caches of files and code.
  for (let round = 0; round <= rounds; round += 1)
    for (const { words, folder, environment } of starts) {
      const env = { ...process.env, ...settings, ...(await environment()) };
      const { stdout } = await promisify(execFile)(process.execPath, [once], { cwd: folder, env });
      if (round > 0) found.get(words)?.push(JSON.parse(stdout) as Measured);
    }
  return found;
}

function report(found: ReadonlyMap<string, Measured[]>): number {
  const median = (values: readonly number[]) => values.toSorted((one, other) => one - other)[values.length >> 1] ?? NaN;
  const rows = [...found].map(([words, all]) => ({
    words,
    cpu: median(all.map((each) => each.cpu)),
    milliseconds: median(all.map((each) => each.milliseconds)),
    megabytes: median(all.map((each) => each.megabytes)),
  }));
  const compiled = rows[0]?.cpu ?? NaN;
  process.stdout.write(`${"".padEnd(30)}CPU ms   ratio      ms   MB\n`);
  for (const { words, cpu, milliseconds, megabytes } of rows)
    process.stdout.write(
      `${words.padEnd(30)}${cpu.toFixed(0).padStart(6)}${(cpu / compiled).toFixed(2).padStart(8)}${milliseconds.toFixed(0).padStart(8)}${megabytes.toFixed(0).padStart(5)}\n`,
    );
  return rows.slice(1).some(({ cpu }) => cpu > compiled) ? 1 : 0;
}
