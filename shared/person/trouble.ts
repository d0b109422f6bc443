import { type ErrorCode, errorCodes } from "../errors.ts";
import type { Trouble } from "./record.ts";

/** What kept a try from working. */
export interface Setback {
  code: ErrorCode;
  reason: string;
  step: string;
}

const shortestPauseSeconds = 30;

/** Well below the intervals of reaping and reconciliation: a goal is reached within two of these after an outage. */
const longestPauseSeconds = 240;

/** One goal's trouble is one of many in a small object. */
const longestReason = 500;

/** What a person's object or policy has to be changed for: another try alone hardly helps. */
function isLasting(code: ErrorCode): boolean {
  const [status] = errorCodes[code];
  return status === 403 || status === 409;
}

/** The trouble after another try failed. Pauses grow; what no try cures by itself is tried at the longest pause. */
export function struggle(before: Trouble | undefined, { code, reason, step }: Setback, at: string): Trouble {
  const tries = (before?.tries ?? 0) + 1;
  const growing = shortestPauseSeconds * 2 ** Math.min(tries - 1, 10);
  const seconds = isLasting(code) ? longestPauseSeconds : Math.min(growing, longestPauseSeconds);
  const nextTry = new Date(Date.parse(at) + seconds * 1_000).toISOString();
  return { tries, since: before?.since ?? at, at, code, reason: reason.slice(0, longestReason), step, nextTry };
}

/** True until the next try is due. A clock that was put back makes nothing rest longer than the pause. */
export function isResting(trouble: Pick<Trouble, "at" | "nextTry"> | undefined, now: Date): boolean {
  if (!trouble) return false;
  const time = now.getTime();
  return Date.parse(trouble.at) <= time && time < Date.parse(trouble.nextTry);
}

/** In words, for people: what went wrong, since when, and when it is tried again. */
export function describeTrouble({ tries, since, reason, nextTry }: Trouble): string {
  const often = tries === 1 ? `failed at ${since}` : `failed ${tries} times since ${since}`;
  return `${often}: ${reason}; tried again at ${nextTry}`;
}
