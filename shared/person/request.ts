import { queueUp } from "./admission.ts";
import type { Claims } from "../desktop/entitlement.ts";
import type { DesktopBefore } from "../desktop/state.ts";
import {
  endBy,
  endBySuperseded,
  endBySwitch,
  endIn,
  noteCancelled,
  noteEnds,
  noteFailedStart,
  withoutEnd,
} from "./ends.ts";
import type { DesktopRequest, Outcome, PersonRecord } from "./record.ts";
import { isResting, type Setback, struggle } from "./trouble.ts";
import type { Why } from "./why.ts";

/** The id and the instant of a new entry. The domain makes neither. */
export interface Stamp {
  id: string;
  at: string;
}

/** What a person is to have. */
export interface Wish {
  /** null: no desktop. */
  workspace: string | null;
  /** Everything that the person has is to be removed permanently. */
  retire?: boolean | undefined;
  /** Why there is to be no desktop, if it was not the person who said so. */
  reason?: string | undefined;
  /** The same in fields. */
  why?: Why | undefined;
  /** The person's id at the identity provider. By default the one in the record. */
  subject?: string | undefined;
  /** The claims that bindings look at, as just proven. By default those in the record. */
  claims?: Claims | undefined;
  /** Whether the person has more values of these claims. By default what the record says. */
  reduced?: boolean | undefined;
}

/** A wish as a request of this person. After a retirement, whoever asks by the same username may be somebody else. */
export function newRequest(
  record: PersonRecord | null,
  username: string,
  { workspace, retire, reason, why, subject, claims, reduced }: Wish,
  { id, at }: Stamp,
): DesktopRequest {
  const isNewcomer = workspace !== null && record?.request.retire === true;
  const known = isNewcomer ? undefined : record?.request;
  return {
    id,
    username,
    workspace,
    retire,
    requestedAt: at,
    subject: subject ?? known?.subject,
    claims: claims ?? known?.claims ?? {},
    claimsReduced: (reduced ?? known?.claimsReduced) === true ? true : undefined,
    reason,
    ...(why && { why }),
  };
}

/**
 * True if a request is a goal: that there is no desktop has to hold in the end, however often it fails. An activation that
 * failed is told to its person, who asks again.
 */
function isGoal({ workspace }: Pick<DesktopRequest, "workspace">): boolean {
  return workspace === null;
}

/** How the newest request ended; undefined if it has not. A goal does not end by failing, whatever older releases wrote. */
export function outcomeOf({ request, outcomes }: Pick<PersonRecord, "request" | "outcomes">): Outcome | undefined {
  const outcome = Object.hasOwn(outcomes, request.id) ? outcomes[request.id] : undefined;
  return outcome?.state === "failed" && isGoal(request) ? undefined : outcome;
}

/** How a request or a desktop's retirement ended; undefined if it has not, or if it is not remembered. */
export function outcomeWithId(record: PersonRecord, id: string): Outcome | undefined {
  if (id === record.request.id) return outcomeOf(record);
  return Object.hasOwn(record.outcomes, id) ? record.outcomes[id] : undefined;
}

/** Everything that is left to do for this person. */
function leftToDo(record: PersonRecord): readonly Pick<DesktopRequest, "requestedAt" | "trouble">[] {
  const { request, removals = [], reviews = [], others, rollback } = record;
  const settled = outcomeOf(record) !== undefined;
  return [...removals, ...reviews, ...(settled ? [others, rollback].filter((each) => each !== undefined) : [request])];
}

/**
 * True if the person, who wants a desktop, may be using the one in this workspace: the one that they asked for, or, if their
 * request failed, whichever ran before and stayed.
 */
export function mayUse(record: PersonRecord, workspace: string): boolean {
  const wanted = record.request.workspace;
  return wanted === workspace || (wanted !== null && outcomeOf(record)?.state === "failed");
}

/** True if anything is left to do for this person. */
export function isUnfinished(record: PersonRecord): boolean {
  return leftToDo(record).length > 0;
}

/** True if a timer has to look at this record again, though nobody writes it: work is left, or a leave will end. */
export function isOpen(record: PersonRecord): boolean {
  return isUnfinished(record) || record.presence?.leaving !== undefined;
}

/** True if anything is to be done for this person now: what failed waits for its next try. */
export function isDue(record: PersonRecord, now: Date): boolean {
  return leftToDo(record).some(({ trouble }) => !isResting(trouble, now));
}

/** True if anything that is left to do was to be done at that time already, and was not tried since. */
export function wasDue(record: PersonRecord, at: Date): boolean {
  return leftToDo(record).some(
    ({ requestedAt, trouble }) => Date.parse(trouble?.nextTry ?? requestedAt) <= at.getTime(),
  );
}

/**
 * True if the person's desktop in that workspace is about to change. Reviews do not count: whether they change anything is
 * not decided yet.
 */
export function isBeingChanged(record: PersonRecord, workspace: string): boolean {
  const { removals = [], others, rollback } = record;
  return (
    !outcomeOf(record) ||
    removals.some((removal) => removal.workspace === workspace) ||
    rollback?.workspace === workspace ||
    (others !== undefined && others.except !== workspace)
  );
}

/** True if no desktop of the person was ever begun, as far as the record knows: nothing of one can be there. */
export function neverHadDesktop({ since, lastDesktop, others, rollback, outcomes }: PersonRecord): boolean {
  const isKnownFromTheStart = since !== undefined;
  const left = [lastDesktop, others, rollback].some((each) => each !== undefined);
  return isKnownFromTheStart && !left && Object.values(outcomes).every(({ state }) => state === "superseded");
}

const tookItsPlace = "a newer request of this person took its place";

/** The outcome of a request whose place a newer one took. */
export function superseded(at: string): Outcome {
  return { state: "superseded", at, reason: tookItsPlace };
}

/** The record with a newer request in the place of its own. */
export function supersede(record: PersonRecord, request: DesktopRequest): PersonRecord {
  const isUnderWay = outcomeOf(record) === undefined;
  const { lastDesktop } = record;
  const runs = lastDesktop === undefined || endIn(record, lastDesktop) ? [] : [lastDesktop];
  return {
    ...(isUnderWay ? noteCancelled(record, request) : record),
    request,
    // What a retirement went through is no longer what an activation could go back to.
    before: record.request.retire && !request.retire ? undefined : record.before,
    // The new request suspends what is left active, or begins where the failed one began.
    rollback: undefined,
    admission: queueUp(record, request),
    // The extension was for the desktop that ran: the next one is another.
    kept: request.workspace === null ? undefined : record.kept,
    outcomes: addOutcome(record.outcomes, record.request.id, {
      ...superseded(request.requestedAt),
      workspace: record.request.workspace,
      ...(record.request.workspace === null && lastDesktop !== undefined && { tookDown: runs }),
    }),
  };
}

/**
 * The record with what was there before work on a desktop began. What was remembered first stays, until that work has ended
 * with nothing left behind.
 */
export function remember(record: PersonRecord, workspace: string, desktop: DesktopBefore): PersonRecord {
  return record.before?.workspace === workspace ? record : { ...record, before: { workspace, desktop } };
}

/** When an outcome was written down (the task hub has a clock of its own), and why other desktops are still active. */
export interface Ended {
  at?: string | undefined;
  others?: Setback | undefined;
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

/**
 * The workspace of the last desktop of the person that came up before, or that could be opened when work on the one in
 * `workspace` began; undefined if it is that one.
 */
export function hadElsewhere({ lastDesktop, before }: PersonRecord, workspace: string): string | undefined {
  const last = lastDesktop ?? before?.desktop.others[0]?.workspace;
  return last === workspace ? undefined : last;
}

/**
 * How many outcomes are kept per person: enough that a person who asked among many others still learns how it ended, few
 * enough for a small object (a long reason has 2 kB, a ConfigMap holds 1 MB).
 */
export const outcomesKept = 50;

/**
 * Adds an outcome, the newest last, and forgets the oldest. The first outcome of a request stays: it has been reported.
 *
 * @param newest the request that the record has now, which would be done again if its outcome were forgotten
 */
export function addOutcome(
  outcomes: Readonly<Record<string, Outcome>>,
  id: string,
  outcome: Outcome,
  newest: string = id,
): Record<string, Outcome> {
  if (Object.hasOwn(outcomes, id)) return { ...outcomes };
  const entries: [string, Outcome][] = [...Object.entries(outcomes), [id, outcome]];
  const kept = entries.slice(-outcomesKept);
  const itsOwn = entries.find(([each]) => each === newest);
  return Object.fromEntries(!itsOwn || kept.includes(itsOwn) ? kept : [itsOwn, ...kept.slice(1)]);
}
