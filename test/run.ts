/**
 * `npm test`: runs all tests, those of the Keycloak provider included, and, at the same time, lint, types, format, arrows
 * and dead code. The last line of its output has the counts of everything. `npm run test:quick`: types and the quick tests (test/classes.ts). Other
 * arguments go to vitest: `npm test -- shared` runs the checks and the tests whose path contains `shared`.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { testProvider } from "./provider/maven.ts";
import type { Counts } from "./provider/surefire.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const report = join(root, "node_modules/.cache/vitest/report.json");

const { quick, rest } = splitArguments(process.argv.slice(2));
/** The slowest first. */
const checks = quick ? ["types"] : ["lint", "types", "format", "arrows", "dead-code"];

function splitArguments(all: readonly string[]): { quick: boolean; rest: string[] } {
  return { quick: all.includes("--quick"), rest: all.filter((each) => each !== "--quick") };
}

interface Checked {
  isOk: boolean;
  words: string;
}

/** Runs an npm script; its output is shown only if it fails. */
async function check(name: string): Promise<Checked> {
  const startedAt = performance.now();
  const run = spawn("npm", ["run", "--silent", `check:${name}`], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  run.stdout.on("data", (text: Buffer) => (output += text.toString()));
  run.stderr.on("data", (text: Buffer) => (output += text.toString()));
  const [code] = (await once(run, "close")) as [number | null];
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  const isOk = code === 0;
  return { isOk, words: `${isOk ? "ok    " : "FAILED"} ${name} (${seconds} s)\n${isOk ? "" : output}` };
}

/** One after the other, because the tests keep the cores busy. */
async function runChecks(): Promise<Checked[]> {
  const checked: Checked[] = [];
  for (const name of checks) checked.push(await check(name));
  return checked;
}

/**
 * Runs vitest and reads its own counts. A run that fails without a failed test (a crash, a stray error) counts as one.
 */
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
      ...(quick ? ["--project=quick"] : []),
      ...rest,
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
    process.stdout.write(`vitest wrote no report: ${(error as Error).message}\n`);
  }
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}

/** After the checks, for the same reason. A run of some of the tests leaves it out. */
async function runProvider(): ReturnType<typeof testProvider> {
  const isAll = !quick && rest.length === 0;
  return isAll ? testProvider() : { counts: { passed: 0, failed: 0, skipped: 0 }, words: "" };
}

const [tested, { checked, provider }] = await Promise.all([
  runTests(),
  runChecks().then(async (checked) => ({ checked, provider: await runProvider() })),
]);
process.stdout.write(`\n${checked.map(({ words }) => words).join("")}${provider.words}`);
const passed = tested.passed + provider.counts.passed + checked.filter(({ isOk }) => isOk).length;
const failed = tested.failed + provider.counts.failed + checked.filter(({ isOk }) => !isOk).length;
const skipped = tested.skipped + provider.counts.skipped;
process.stdout.write(`\n${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ""}\n`);
process.exitCode = failed === 0 ? 0 : 1;
