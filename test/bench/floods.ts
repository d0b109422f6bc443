/**
 * `npm run bench:floods [-- --product FOLDER] [--only CASE]`: what floods and large things cost. Starts the product of
 * this or another checkout (an older one, for comparison) in its own process, on a cluster in this process that counts
 * what it is asked, and reports the times of a person's GET, the memory of the product's process, and the reads of the
 * cluster. docs/performance.md has figures; there is no limit here that fails.
 */
import { resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type Case, cases, type Flooded } from "./flood-cases.ts";
import { type FreshProduct, onFreshProduct } from "./fresh-product.ts";
import { memoryOf } from "./memory-of.ts";

const { values } = parseArgs({ options: { product: { type: "string", default: "." }, only: { type: "string" } } });
const root = resolve(values.product);
/** The person asks so often during a flood, however long the answers take. */
const askMilliseconds = 50;

row("case", ["quiet p50", "p50 ms", "p95 ms", "max ms", "MB before", "MB at most", "lists"], "answers");
for (const [name, run] of Object.entries(cases)) {
  if (values.only !== undefined && !name.startsWith(values.only)) continue;
  await onFreshProduct({ root }, (started) => report(name, started, run));
}

async function report(name: string, started: FreshProduct, run: Case): Promise<void> {
  const { counted, process: product } = started;
  await run.prepare?.(started);
  const ask = personAsking(started, run.probe ?? "users/carol/desktop");
  const quiet: number[] = [];
  for (let calls = 0; calls < 20; calls += 1) quiet.push(await ask());
  const memory = memoryOf(product.pid ?? 0);
  await memory.forgetPeak();
  const before = await memory.now();

  counted.calls.length = 0;
  const flooding = { over: false };
  const flood = run.flood(started).finally(() => {
    flooding.over = true;
  });
  const asked: Promise<number>[] = [];
  while (!flooding.over) {
    asked.push(ask());
    await pause(askMilliseconds);
  }
  const answers = await flood;
  const flooded = await Promise.all(asked);
  const lists = counted.calls.filter((call) => /^GET .*\?/.test(call) && !call.includes("watch=")).length;
  const times = [at(0.5, quiet), at(0.5, flooded), at(0.95, flooded), at(1, flooded)];
  row(
    name,
    [...times, before, await memory.peak(), lists].map((figure) => figure.toFixed(0)),
    answers,
  );
}

function row(name: string, figures: readonly string[], answers: string): void {
  process.stdout.write(`${name.padEnd(42)}${figures.map((figure) => figure.padStart(11)).join("")}  ${answers}\n`);
}

function at(share: number, times: readonly number[]): number {
  const sorted = times.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** A person who asks for something; resolves to the milliseconds that the answer took. */
function personAsking({ api, sign }: Flooded, path: string): () => Promise<number> {
  const headers = { authorization: `Bearer ${sign()}` };
  return async () => {
    const began = performance.now();
    await (await fetch(`${api}/api/${path}`, { headers })).arrayBuffer();
    return performance.now() - began;
  };
}
