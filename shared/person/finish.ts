import { endBy, endBySuperseded, endBySwitch, noteEnds, noteFailedStart, withoutEnd } from "./ends.ts";
import { addOutcome, isGoal, outcomeWithId } from "./outcomes.ts";
import type { Outcome, PersonRecord } from "./record.ts";
import { hadElsewhere } from "./request.ts";
import { type Setback, struggle } from "./trouble.ts";

/** When an outcome was written down (the task hub has a clock of its own), and why other desktops are still active. */
export interface Ended {
  at?: string | undefined;
  others?: Setback | undefined;
}

/**
 * The record with the outcome of a request; the first outcome stays. What was there before is forgotten, unless something
 * of the run was left behind: then that becomes a goal, and the next run for that workspace goes back to it. A goal that
 * failed stays to be done.
 */
export function finish(
  record: PersonRecord,
  requestId: string,
  outcome: Outcome,
  { at = outcome.at, others }: Ended = {},
): PersonRecord {
  const { request, before } = record;
  const isNewest = request.id === requestId;
  if (outcome.state === "failed" && isNewest && isGoal(request))
    return {
      // What went down did so now: the next try does not find it any more.
      ...withEnds(record, requestId, outcome, undefined),
      request: { ...request, trouble: struggle(request.trouble, outcome, at) },
    };

  // Only a desktop that came up has an address.
  const cameUp = outcome.state === "done" && outcome.url !== undefined ? before?.workspace : undefined;
  const switchedFrom = cameUp === undefined ? undefined : hadElsewhere(record, cameUp);
  const leftBehind = outcome.state === "failed" && outcome.leftBehind.length > 0;
  const rollback =
    leftBehind && isNewest && before !== undefined && before.workspace === request.workspace
      ? {
          ...{ id: requestId, workspace: before.workspace, requestedAt: at },
          trouble: struggle(undefined, outcome, at),
        }
      : undefined;
  return {
    ...withEnds(record, requestId, outcome, cameUp),
    ...(isNewest && { request: { ...request, trouble: undefined } }),
    outcomes: addOutcome(
      withoutFailure(record, requestId),
      requestId,
      {
        ...(outcome.state === "done" ? { ...outcome, switchedFrom } : outcome),
        ...(isNewest && { workspace: request.workspace }),
      },
      request.id,
    ),
    lastDesktop: cameUp ?? record.lastDesktop,
    before: leftBehind ? before : undefined,
    admission: isNewest ? undefined : record.admission,
    rollback,
    others: outcome.state === "done" ? othersAfter(record, requestId, { cameUp, at, others }) : record.others,
  };
}

/** The record with the ends of the desktops that a request took down; of one for a desktop, also with its own if it failed. */
function withEnds(record: PersonRecord, id: string, outcome: Outcome, cameUp: string | undefined): PersonRecord {
  const { request } = record;
  const { tookDown = [], at } = outcome;
  if (cameUp !== undefined) {
    const up = { ...record, ends: withoutEnd(record.ends, cameUp) };
    return noteEnds(up, tookDown, endBySwitch(cameUp, id, at));
  }
  if (request.id !== id) return noteEnds(record, tookDown, endBySuperseded(record, id, at));
  return isGoal(request) ? noteEnds(record, tookDown, endBy(request, at)) : noteFailedStart(record, id, outcome);
}

/** What is left to do once a request is done: it took down every other desktop, or could not. */
function othersAfter(
  { others: earlier }: PersonRecord,
  id: string,
  { cameUp, at, others }: { cameUp: string | undefined; at: string; others: Setback | undefined },
): PersonRecord["others"] {
  if (cameUp === undefined || !others) return undefined;
  const trouble = struggle(earlier?.except === cameUp ? earlier.trouble : undefined, others, at);
  return { id, except: cameUp, requestedAt: at, trouble };
}

/** The outcomes without that of a goal that an older release gave up. */
function withoutFailure(record: PersonRecord, id: string): PersonRecord["outcomes"] {
  if (outcomeWithId(record, id)) return record.outcomes;
  return Object.fromEntries(Object.entries(record.outcomes).filter(([each]) => each !== id));
}

/** The record after another try to suspend what a switch left active, and which desktops that took down. */
export function finishOthers(
  record: PersonRecord,
  id: string,
  setback: Setback | null,
  at: string,
  tookDown: readonly string[] = [],
): PersonRecord {
  const { others } = record;
  if (others?.id !== id) return record;
  const ended = noteEnds(record, tookDown, endBySwitch(others.except, id, at));
  return { ...ended, others: setback ? { ...others, trouble: struggle(others.trouble, setback, at) } : undefined };
}

/** The record after another try to undo what a failed activation left behind. */
export function finishRollback(record: PersonRecord, id: string, setback: Setback | null, at: string): PersonRecord {
  const { rollback } = record;
  if (rollback?.id !== id) return record;
  if (!setback) return { ...record, rollback: undefined, before: undefined };
  return { ...record, rollback: { ...rollback, trouble: struggle(rollback.trouble, setback, at) } };
}
