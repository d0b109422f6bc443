import { ProductError } from "../errors.ts";
import { queueUp } from "./admission.ts";
import { type Arrival, arrive } from "./presence.ts";
import type { DesktopRequest, PersonRecord } from "./record.ts";
import { outcomeOf } from "./outcomes.ts";
import { newRequest, type Stamp, supersede, type Wish } from "./request.ts";

export interface Asking {
  /** True if the desktop is as this finished request left it. */
  stillTrue: (request: DesktopRequest) => boolean;
  /** Given if asking shows that the person is there. */
  arrival?: Arrival | undefined;
}

/**
 * The record after a wish. The same wish again is the same request, unless that one failed or is no longer true. A
 * retirement under way is never superseded: it includes that the desktop goes down, and a new desktop waits for its end.
 *
 * @throws `being-retired`, or `identity-changed` if the username belonged to somebody else before
 */
export function ask(
  record: PersonRecord | null,
  username: string,
  wish: Wish,
  stamp: Stamp,
  { stillTrue, arrival }: Asking,
): PersonRecord {
  const request = newRequest(record, username, wish, stamp);
  const next = record ? askAgain(record, request, stillTrue) : first(request, stamp);
  return arrival ? arrive(next, arrival) : next;
}

function first(request: DesktopRequest, { at }: Stamp): PersonRecord {
  const admission = queueUp(null, request);
  return { request, outcomes: {}, since: at, ...(admission && { admission }) };
}

function askAgain(record: PersonRecord, wanted: DesktopRequest, stillTrue: Asking["stillTrue"]): PersonRecord {
  refuseStranger(record, wanted);
  const { request, removals = [] } = record;
  const outcome = outcomeOf(record);
  const mustWait = (what: string) =>
    new ProductError(
      "being-retired",
      `ask for ${wanted.workspace ?? "none"}: ${what} is being removed (ask again when that has ended)`,
    );
  if (request.retire && !outcome) {
    if (wanted.workspace === null) return record;
    throw mustWait(`everything of ${wanted.username}`);
  }
  if (removals.some(({ workspace }) => workspace === wanted.workspace)) throw mustWait("the desktop there");

  const isSame = request.workspace === wanted.workspace && request.retire === wanted.retire;
  const holds = !outcome || (outcome.state === "done" && stillTrue(request));
  if (isSame && holds) return record;
  const isNewcomer = request.retire && !wanted.retire;
  return { ...supersede(record, wanted), ...(isNewcomer && { since: wanted.requestedAt }) };
}

/** The record of a person who is adopted with what they have. One who has a record already keeps it. */
export function adopt(record: PersonRecord | null, username: string, wish: Wish, stamp: Stamp): PersonRecord {
  return record ?? { request: newRequest(record, username, wish, stamp), outcomes: {} };
}

/**
 * A username can be given to somebody new. What its first owner had is not theirs: it has to be removed before they get
 * anything.
 */
function refuseStranger(record: PersonRecord, wanted: DesktopRequest): void {
  const { request } = record;
  const another = request.subject !== undefined && wanted.subject !== undefined && request.subject !== wanted.subject;
  const removed = request.retire === true && outcomeOf(record)?.state === "done";
  if (another && !removed && !wanted.retire)
    throw new ProductError(
      "identity-changed",
      `ask as ${wanted.username}: somebody else had that username before (retire ${wanted.username} first)`,
    );
}
