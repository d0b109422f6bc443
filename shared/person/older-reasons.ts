import type { EndCause } from "../desktop/decision.ts";
import type { ErrorCode, ReasonValues } from "../errors.ts";
import type { StoredWhy } from "./why.ts";

/**
 * The fields of reasons that release 0.1.0 stored as words alone, read from these words. Records keep decisions, outcomes and
 * requests for weeks: this goes with the release after the next one, when none of 0.1.0 can be put back any more. Until then it also reads
 * why an image did not start before, of which only the words are remembered (`start-times.ts`): that needs a field first.
 */

const days = /(?:after|on) (\d{4}-\d\d-\d\d)(?: \(|$)/;
const dated: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "binding-expired",
  "workspace-expired",
  "workspace-not-yet-available",
]);

/** What kept a container from starting, by what the reason begins with or has in it. */
const faults: readonly (readonly [RegExp, string])[] = [
  [/\b(?:ErrImagePull|ImagePullBackOff|InvalidImageName|ErrImageNeverPull|ImageInspectError)\b/, "image"],
  [/^no node accepted the pod/, "no-room"],
  [/\bexceeded quota\b/, "no-room"],
  [/\bcrashed \d+ times\b|\bcannot be run\b/, "crashes"],
];

/** Of a refusal or failure. */
export function readValuesOfOlder(code: ErrorCode, reason: string): ReasonValues {
  if (dated.has(code)) return { date: days.exec(reason)?.[1] };
  if (code === "cannot-start") return { fault: faults.find(([pattern]) => pattern.test(reason))?.[1] };
  if (code === "activation-paused") return { note: /: paused by \S+ since \S+: (.+)$/.exec(reason)?.[1] };
  return {};
}

/** Of the request for none that ended a desktop. */
export function readEndOfOlder(reason: string): StoredWhy | undefined {
  const [, since, until] = /^their session ended at (\S+) and they were not back by (\S+)$/.exec(reason) ?? [];
  if (since !== undefined) return { kind: "left", since, until };
  const [, minutes] =
    /^nobody (?:has been connected for more than|connected within) (\d+) minutes?\b/.exec(reason) ?? [];
  if (minutes === undefined) return undefined;
  return { kind: "rule", rule: reason.startsWith("nobody has") ? "idle" : "start-grace", minutes: Number(minutes) };
}

const causes: readonly (readonly [RegExp, EndCause])[] = [
  [/^it may run for at most (\d+) minutes?, in use or not$/, "longest-session"],
  [/^nobody is connected, which is allowed for (\d+) minutes?$/, "idle"],
  [/^its person logged out$/, "left"],
  [/^its person's access to the workspace ends then$/, "entitlement-ended"],
  [/^it is not ready$/, "stuck-starting"],
];

/** Of what ends a desktop next: of the decisions that are remembered. */
export function readNextOfOlder(reason: string): { cause?: EndCause; minutes?: number } {
  for (const [pattern, cause] of causes) {
    const [found, minutes] = pattern.exec(reason) ?? [];
    if (found !== undefined) return { cause, ...(minutes !== undefined && { minutes: Number(minutes) }) };
  }
  return {};
}
