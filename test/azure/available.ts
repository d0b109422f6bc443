import { existsSync } from "node:fs";
import { describe } from "vitest";
import { program } from "./bicep.ts";

/** Returns why tests that need Bicep cannot run; null if they can. */
function missing(): string | null {
  if (program === undefined) return "BICEP is not set (README says how to get it)";
  return existsSync(program) ? null : `BICEP names ${program}, which is not there`;
}

/** Declares tests that need Bicep. Without it they are skipped, and the reason is printed. */
export function describeWithBicep(name: string, tests: () => void): void {
  const reason = missing();
  if (reason !== null) console.warn(`skipped: ${name}: ${reason}`);
  describe.skipIf(reason !== null)(reason === null ? name : `${name} (skipped: ${reason})`, tests);
}
