import type { ReleasedNames } from "./recording.ts";

/**
 * Returns a message for each name that a release registers and this code does not. The host compares names
 * case-insensitively.
 */
export function missingNames(released: ReleasedNames, now: ReleasedNames): string[] {
  const missing = (kind: "orchestration" | "activity", names: readonly string[], there: readonly string[]) => {
    const known = new Set(there.map((name) => name.toLowerCase()));
    return names
      .filter((name) => !known.has(name.toLowerCase()) && !released.retired.includes(name))
      .map(
        (name) =>
          `the ${kind} ${name} of release ${released.release} is not registered any more: instances that call it stay Running for ever and block their person (register it again; see CONTRIBUTING, "Remove or rename an activity")`,
      );
  };
  return [
    ...missing("orchestration", released.orchestrations, now.orchestrations),
    ...missing("activity", released.activities, now.activities),
  ];
}
