import { type Check, type CheckState, checkStates, type Finding } from "./check.ts";

export function describeFinding({ what, advice }: Finding): string {
  return `${what} (${advice})`;
}

/**
 * The checks for a terminal: one line for each that has nothing to tell, and for each finding one that says what is wrong
 * or not known, and what to do.
 */
export function describeChecks(checks: readonly Check[]): string[] {
  const width = Math.max(...checkStates.map((state) => state.length));
  const nameWidth = Math.max(...checks.map(({ name }) => name.length));
  const line = (state: CheckState, name: string, words: string) =>
    `${state.padEnd(width)}  ${name.padEnd(nameWidth)}  ${words}`;
  return checks.flatMap(({ name, state, seen, findings }) =>
    findings.length === 0
      ? [line(state, name, seen)]
      : findings.map((finding) => line(finding.state, name, `${finding.what}: ${finding.advice}`)),
  );
}

/** How many checks ended how: `2 wrong, 1 not known, 15 ok`. */
export function countChecks(checks: readonly Check[]): string {
  return (["wrong", "not known", "ok", "not used"] as const)
    .map((state) => ({ state, count: checks.filter((check) => check.state === state).length }))
    .filter(({ count }) => count > 0)
    .map(({ state, count }) => `${count} ${state}`)
    .join(", ");
}
