/**
 * `npm test`: format, lint, types, arrows, dead code, then every test. Ends with the counts of all of it alone on a line.
 * Arguments go to vitest: `npm test -- shared` runs the checks and the tests whose path has `shared` in it.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const report = join(root, "node_modules/.cache/vitest/report.json");

const checks = ["format", "lint", "types", "arrows", "dead-code"];
/** As many at once as the smallest machine has cores. */
const lanes = 2;

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** Runs an npm script and shows its output only when it fails. */
async function check(name: string): Promise<boolean> {
  const startedAt = performance.now();
  const run = spawn("npm", ["run", "--silent", `check:${name}`], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  run.stdout.on("data", (text: Buffer) => (output += text.toString()));
  run.stderr.on("data", (text: Buffer) => (output += text.toString()));
  const [code] = (await once(run, "close")) as [number | null];
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  process.stdout.write(`${code === 0 ? "ok    " : "FAILED"} ${name} (${seconds} s)\n${code === 0 ? "" : output}`);
  return code === 0;
}

async function runChecks(): Promise<Counts> {
  const waiting = [...checks];
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const lane = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift())
      counts[(await check(name)) ? "passed" : "failed"] += 1;
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return counts;
}

/** Runs vitest and reads its own counts. A run that ends badly without a failed test (a crash, a stray error) counts as one. */
async function runTests(): Promise<Counts> {
  await mkdir(dirname(report), { recursive: true });
  await rm(report, { force: true });
  const vitest = spawn(
    process.execPath,
    [
      join(root, "node_modules/vitest/vitest.mjs"),
      "run",
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${report}`,
      ...process.argv.slice(2),
    ],
    { cwd: root, stdio: ["ignore", "inherit", "inherit"] },
  );
  const [code] = (await once(vitest, "close")) as [number | null];
  let counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  try {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(
      await readFile(report, "utf8"),
    ) as Record<string, number>;
    counts = {
      passed: numPassedTests ?? 0,
      failed: numFailedTests ?? 0,
      skipped: (numPendingTests ?? 0) + (numTodoTests ?? 0),
    };
  } catch (error) {
    process.stdout.write(`vitest left no report: ${(error as Error).message}\n`);
  }
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}

const all = [await runChecks(), await runTests()];
const sum = (key: keyof Counts) => all.reduce((total, counts) => total + counts[key], 0);
const skipped = sum("skipped");
process.stdout.write(`\n${sum("passed")} passed, ${sum("failed")} failed${skipped ? `, ${skipped} skipped` : ""}\n`);
process.exitCode = sum("failed") === 0 ? 0 : 1;
