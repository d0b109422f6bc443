import type { Decision, Rule } from "../desktop/decision.ts";
import type { DesktopState } from "../desktop/state.ts";

/**
 * What happens to a desktop, in sentences for its person: the one place for them, beside the reasons, which are for operators
 * as well. `explain-codes.ts` has those of refusals and failures.
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

export function explainState(state: DesktopState, decision: Pick<Decision, "rule"> | undefined): string {
  // Whether somebody is connected does not matter then, and is not looked at.
  if (state === "ready" && decision?.rule !== "start-grace") return "It is ready.";
  return states[state];
}

const ends: Partial<Record<Rule, string>> = {
  "entitlement-ended": "Your access to the workspace ended.",
  "scaled-to-zero": "It was switched off in the workspace's binding.",
  "stuck-starting": "It did not become ready.",
  "longest-session": "It ran for as long as a desktop of this workspace may.",
  "start-grace": "Nobody connected to it.",
  idle: "Nobody was connected to it.",
};

interface Ended {
  rule?: Rule | undefined;
  /** Undefined if nobody gave one: then the person asked for it. */
  reason: string | undefined;
  isRemoved: boolean;
  /** Somebody else asked for it. */
  byAdministrator?: { reason?: string | undefined } | undefined;
}

/** Why a desktop was stopped or removed. */
export function explainEnd({ rule, reason, isRemoved, byAdministrator }: Ended): string {
  if (byAdministrator) {
    const what = `An administrator ${isRemoved ? "removed" : "stopped"} it`;
    return byAdministrator.reason === undefined ? `${what}.` : sentence(`${what}: ${byAdministrator.reason}`);
  }
  if (rule !== undefined) {
    const [, given] = /\b(?:more than|within) (\d+ minutes?)\b/.exec(reason ?? "") ?? [];
    const words = ends[rule] ?? sentence(reason ?? "");
    return given === undefined ? words : words.replace(/\.$/, ` for ${given}.`);
  }
  if (reason === undefined) return isRemoved ? "Everything that you had here was removed." : "You stopped it.";
  if (reason.startsWith("their session ended at ")) return "You signed out, and did not come back in time.";
  return sentence(reason);
}

/** What ends a desktop next: `decideReaping` says it about the person, and this to them. */
const next: readonly (readonly [RegExp, string])[] = [
  [/^its person logged out$/, "You signed out."],
  [/^its person's access to the workspace ends then$/, "Your access to the workspace ends."],
  [/^it is not ready$/, "It does not become ready."],
];

export function explainNext({ reason }: Pick<NonNullable<Decision["next"]>, "reason">): string {
  return next.find(([pattern]) => pattern.test(reason))?.[1] ?? sentence(reason);
}

/** With a capital letter and a full stop. */
export function sentence(words: string): string {
  const said = words.trim();
  return `${said.charAt(0).toUpperCase()}${said.slice(1)}${/[.!?…]$/.test(said) ? "" : "."}`;
}
