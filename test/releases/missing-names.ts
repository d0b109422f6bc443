import type { ReleasedNames } from "./recording.ts";

/** What a release registers and nothing registers now, in words. The host compares names without regard to case. */
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
