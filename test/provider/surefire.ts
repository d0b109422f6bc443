import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** Adds up what Maven Surefire reports in a folder. A folder that does not exist has no reports. */
export async function readReports(folder: string): Promise<Counts> {
  const sum: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const file of await readdir(folder).catch(() => [])) {
    if (!/^TEST-.*\.xml$/.test(file)) continue;
    const { passed, failed, skipped } = countReport(await readFile(join(folder, file), "utf8"));
    sum.passed += passed;
    sum.failed += failed;
    sum.skipped += skipped;
  }
  return sum;
}

/** Returns the counts of one report: the attributes of its `<testsuite>`. */
export function countReport(xml: string): Counts {
  const suite = /<testsuite\s[^>]*>/.exec(xml)?.[0] ?? "";
  const count = (name: string): number => {
    const text = new RegExp(`\\s${name}="(\\d+)"`).exec(suite)?.[1];
    if (text === undefined) throw new Error(`read Surefire report: <testsuite> has no ${name}`);
    return Number(text);
  };
  const failed = count("errors") + count("failures");
  const skipped = count("skipped");
  return { passed: count("tests") - failed - skipped, failed, skipped };
}
