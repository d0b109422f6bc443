import type { Decision, EndCause, Rule } from "../desktop/decision.ts";
import type { DesktopState } from "../desktop/state.ts";
import { isErrorCode } from "../errors.ts";
import { explainCode } from "./explain-codes.ts";
import { readNextOfOlder } from "./older-reasons.ts";
import { sentence } from "./sentence.ts";
import type { StoredWhy } from "./why.ts";

/**
 * What happens to a desktop, in sentences for its person: the one place for them, beside the reasons, which are for operators
 * as well. They are made from fields. `explain-codes.ts` has those of refusals and failures.
 */

const states: Readonly<Record<DesktopState, string>> = {
  absent: "There is no desktop yet.",
  starting: "It is being started.",
  ready: "It is ready, and nobody has connected yet.",
  "in-use": "You are connected to it.",
  idle: "Nobody is connected now.",
  suspending: "It is being stopped. Saved files are kept.",
  suspended: "It is stopped. Saved files are kept.",
  retiring: "It is being removed.",
  failed: "It cannot be opened now. Start it again.",
  unknown: "It is not known at the moment whether it can be opened. Start it to find out.",
};

/** @param end how it ended, if it does not run */
export function explainState(
  state: DesktopState,
  decision: Pick<Decision, "rule"> | undefined,
  end?: EndOfDesktop,
): string {
  if (end && state === "suspended") return `${explainEnd(end)} Saved files are kept.`;
  if (end?.action === "retire" && state === "absent") return explainEnd(end);
  // Whether somebody is connected does not matter then, and is not looked at.
  if (state === "ready" && decision?.rule !== "start-grace") return "It is ready.";
  return states[state];
}

/** What ended it. Of what a rule allows for some minutes, how long that is comes after it. */
const rules: Partial<Record<Rule, string>> = {
  "entitlement-ended": "Your access to the workspace ended",
  "scaled-to-zero": "It was switched off in the workspace's binding",
  "stuck-starting": "It did not become ready",
  "longest-session": "It ran for as long as a desktop of this workspace may",
  "start-grace": "Nobody connected to it",
  idle: "Nobody was connected to it",
};
const saysHowLong: ReadonlySet<string> = new Set<Rule>(["start-grace", "idle"]);

/** How a desktop ended, as its person's record says it. */
export interface EndOfDesktop {
  action: "suspend" | "retire";
  /** For operators. */
  reason: string;
  why: StoredWhy;
}

/** Why a desktop was stopped or removed. */
export function explainEnd({ why, action, reason }: EndOfDesktop): string {
  const { kind, note, minutes, code } = why;
  const done = action === "retire" ? "removed" : "stopped";
  switch (kind) {
    case "asked":
      return action === "retire" ? "You had it removed." : "You stopped it.";
    case "administrator":
      return sentence(`An administrator ${done} it${note === undefined ? "" : `: ${note}`}`);
    case "switched":
      return `It was ${done} because you opened another workspace.`;
    case "rule": {
      const words = Object.hasOwn(rules, why.rule ?? "") ? rules[why.rule as Rule] : undefined;
      if (words === undefined) return sentence(reason);
      return minutes === undefined || !saysHowLong.has(why.rule ?? "")
        ? `${words}.`
        : `${words} for ${inTime(minutes)}.`;
    }
    case "left":
      return "You signed out, and did not come back in time.";
    case "scaled":
      return `${rules["scaled-to-zero"] ?? ""}.`;
    case "entitlement":
      return code !== undefined && isErrorCode(code) ? explainCode(code, why.values) : sentence(reason);
    case "everything":
      return "Everything that you had here was removed.";
    case "cancelled":
      return why.to == null
        ? "Its start was cancelled."
        : "Its start was cancelled because you asked for another workspace.";
    case "failed":
      return code !== undefined && isErrorCode(code) ? explainCode(code, why.values) : sentence(reason);
    default:
      // Of an older release, or one that a newer one knows.
      return sentence(reason);
  }
}

/** What ends a desktop next. `decideReaping` says the same about the person; this to them. */
export function explainNext(next: NonNullable<Decision["next"]>): string {
  const { reason, kept } = next;
  const { cause, minutes } = next.cause === undefined ? readNextOfOlder(reason) : next;
  if (kept) {
    const keeps = kept.byPerson ? "You asked to keep it until then." : "An administrator keeps it until then.";
    return `${keeps} ${explainAfterwards(cause, minutes) ?? "After that it may be stopped."}`;
  }
  switch (cause as EndCause | undefined) {
    case "longest-session":
      return `It may run for at most ${inTime(minutes)}, in use or not.`;
    case "idle":
    case "start-grace":
      return `Nobody is connected, which is allowed for ${inTime(minutes)}.`;
    case "stuck-starting":
      return "It does not become ready.";
    case "left":
      return "You signed out.";
    case "entitlement-ended":
      return "Your access to the workspace ends.";
    default:
      return sentence(reason);
  }
}

/** What ends it when it is not kept any more. */
function explainAfterwards(cause: string | undefined, minutes: number | undefined): string | undefined {
  switch (cause as EndCause | undefined) {
    case "longest-session":
      return `After that it is stopped, in use or not: it may run for at most ${inTime(minutes)}.`;
    case "idle":
    case "start-grace":
      return "After that it is stopped if nobody is connected.";
    case "left":
      return "After that it is stopped, because you signed out.";
    default:
      return undefined;
  }
}

/** Long times in hours: nobody counts 720 minutes. */
function inTime(minutes = 0): string {
  const hours = minutes / 60;
  if (minutes > 60 && Number.isInteger(hours)) return `${hours} hours`;
  return minutes === 1 ? "1 minute" : `${minutes} minutes`;
}
