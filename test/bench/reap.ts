/**
 * `npm run bench:reap`: measures how long one reap run takes to gather its facts and decide, for 1,000, 3,000 and
 * 10,000 desktops with 20 sessions each in Guacamole's history. Each size is measured in a new process, against a real
 * PostgreSQL and an API that only lists, which share the machine's cores. Exits with 1 if 10,000 desktops take 3 s or
 * 300 MB, more than one statement, or more than 1.5 times their share compared with 1,000.
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startGuacamoleDatabase } from "../guacamole-database.ts";
import { fillHistory } from "./fill-history.ts";
import { machine } from "./machine.ts";

const sizes = [1_000, 3_000, 10_000];
const sessionsEach = 20;
const limits = { seconds: 3, megabytes: 300, share: 1.5 };
/**
 * A heap for an instance with 512 MB. On a machine with 24 GB, V8 lets garbage accumulate to over 400 MB by default.
 */
const heap = ["--max-old-space-size=200", "--max-semi-space-size=4"];
const now = new Date();
const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const run = promisify(execFile);

interface Measured {
  runs: { seconds: number; pages: number; statements: number; looked: number; due: number; unanswered: string[] }[];
  megabytes: number;
}

process.stdout.write(
  `${machine}\n\n` + "desktops    rows   first s    best s   peak MB   pages   statements   to suspend\n",
);
const measured: Measured[] = [];
for (const size of sizes) measured.push(await measure(size));
const [smallest, largest] = [measured[0], measured.at(-1)];
process.exitCode = smallest && largest && isWithin(smallest, largest) ? 0 : 1;

async function measure(size: number): Promise<Measured> {
  const folder = await mkdtemp(join(tmpdir(), "bench-"));
  const database = await startGuacamoleDatabase();
  const server = spawn(process.execPath, [here("estate-server.ts"), String(size), now.toISOString()], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    await fillHistory(database.owner, size, sessionsEach, now);
    const [address] = (await once(server.stdout, "data")) as [Buffer];
    const { stdout } = await run(process.execPath, [
      ...heap,
      here("reap-once.ts"),
      address.toString().trim(),
      database.productUrl,
      now.toISOString(),
      folder,
    ]);
    const found = JSON.parse(stdout) as Measured;
    const [first] = found.runs;
    const best = Math.min(...found.runs.map(({ seconds }) => seconds));
    const figures = [size * sessionsEach, first?.seconds.toFixed(2), best.toFixed(2), found.megabytes.toFixed(0)];
    const counts = [first?.pages, first?.statements, first?.due];
    process.stdout.write(
      `${String(size).padStart(8)}${figures.map((figure) => String(figure).padStart(9)).join("")}${counts.map((count) => String(count).padStart(10)).join("")}\n`,
    );
    return found;
  } finally {
    server.kill();
    await database.close();
    await rm(folder, { recursive: true });
  }
}

function isWithin(smallest: Measured, largest: Measured): boolean {
  const faults: string[] = [];
  const [small, large] = [smallest.runs[0], largest.runs[0]];
  const bestOf = ({ runs }: Measured) => Math.min(...runs.map(({ seconds }) => seconds));
  if (!small || !large) return false;
  if (large.looked !== sizes.at(-1)) faults.push(`only ${large.looked} desktops were surveyed`);
  if (large.unanswered.length > 0) faults.push(large.unanswered.join("; "));
  if (large.seconds >= limits.seconds) faults.push(`the largest took ${large.seconds.toFixed(2)} s`);
  if (largest.megabytes >= limits.megabytes) faults.push(`the largest took ${largest.megabytes.toFixed(0)} MB`);
  if (large.statements !== 1) faults.push(`the largest took ${large.statements} statements`);
  const growth = bestOf(largest) / bestOf(smallest);
  const share = (sizes.at(-1) ?? 0) / (sizes[0] ?? 1);
  process.stdout.write(`\n${share} times the desktops take ${growth.toFixed(1)} times as long\n`);
  if (growth > share * limits.share) faults.push("the time grows faster than the number of desktops");
  for (const fault of faults) process.stdout.write(`limit exceeded: ${fault}\n`);
  return faults.length === 0;
}
