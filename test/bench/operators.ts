/**
 * `npm run bench:operators`: measures what operators' calls and the timers cost at 1,000 and 10,000 desktops, each size in a new
 * process, against a real PostgreSQL and an API that only reads. Exits with 1 if a page of 10,000 takes more than 200 ms of
 * CPU, one desktop more than 30 ms, a timer of 30 seconds more than 100 kB, or a call about one person more requests than
 * at 1,000; and if anything takes more than 11 times as much at 10,000.
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startGuacamoleDatabase } from "../guacamole-database.ts";
import { fillHistory } from "./fill-history.ts";

const sizes = [1_000, 10_000] as const;
const now = new Date();
const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const run = promisify(execFile);

type Measured = Record<string, { cpu: number; requests: number; bytes: number }>;

/** Most CPU in milliseconds, and most bytes, at 10,000. */
const limits: Record<string, { cpu?: number; bytes?: number; isAboutOne?: boolean }> = {
  "one page of desktops": { cpu: 200 },
  "one person's desktops": { cpu: 30, isAboutOne: true },
  "one desktop": { cpu: 30, isAboutOne: true },
  wakeForgotten: { bytes: 100_000 },
  endLeaves: { bytes: 100_000 },
  followScaling: { bytes: 100_000 },
};
const mostGrowth = 11;
/** Less CPU than this is noise. */
const leastCpu = 20;

const [cpu] = cpus();
process.stdout.write(`${availableParallelism()} x ${cpu?.model.trim() ?? "?"}, Node ${process.version}\n\n`);
const [small, large] = [await measure(sizes[0]), await measure(sizes[1])];
process.exitCode = report(small, large) ? 0 : 1;

async function measure(size: number): Promise<Measured> {
  const folder = await mkdtemp(join(tmpdir(), "bench-"));
  const database = await startGuacamoleDatabase();
  const server = spawn(process.execPath, [here("estate-server.ts"), String(size), now.toISOString()], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    await fillHistory(database.owner, size, 20, now);
    const [address] = (await once(server.stdout, "data")) as [Buffer];
    const { stdout, stderr } = await run(process.execPath, [
      here("operators-once.ts"),
      address.toString().trim(),
      database.productUrl,
      now.toISOString(),
      folder,
    ]);
    process.stderr.write(stderr);
    return JSON.parse(stdout) as Measured;
  } finally {
    server.kill();
    await database.close();
    await rm(folder, { recursive: true });
  }
}

function report(few: Measured, many: Measured): boolean {
  const faults: string[] = [];
  process.stdout.write(
    `${"".padEnd(24)}${sizes.map((size) => `${size} desktops: CPU ms, requests, kB`.padStart(38)).join("")}\n`,
  );
  for (const [name, large] of Object.entries(many)) {
    const least = few[name] ?? large;
    const figures = [least, large].map(
      ({ cpu: spent, requests, bytes }) =>
        `${spent.toFixed(0).padStart(18)}${requests.toFixed(0).padStart(10)}${(bytes / 1_000).toFixed(0).padStart(10)}`,
    );
    process.stdout.write(`${name.padEnd(24)}${figures.join("")}\n`);
    const limit = limits[name] ?? {};
    if (large.cpu > (limit.cpu ?? Infinity)) faults.push(`${name}: ${large.cpu.toFixed(0)} ms of CPU`);
    if (large.bytes > (limit.bytes ?? Infinity)) faults.push(`${name}: ${large.bytes} bytes`);
    if (limit.isAboutOne && large.requests > least.requests) faults.push(`${name}: more requests than at ${sizes[0]}`);
    if (large.cpu > mostGrowth * Math.max(least.cpu, leastCpu)) faults.push(`${name}: more than its share of CPU`);
    if (large.requests > mostGrowth * least.requests) faults.push(`${name}: more than its share of requests`);
  }
  for (const fault of faults) process.stdout.write(`limit exceeded: ${fault}\n`);
  return faults.length === 0;
}
