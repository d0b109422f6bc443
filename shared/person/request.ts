import type { Claims } from "../desktop/entitlement.ts";
import type { DesktopBefore } from "../desktop/state.ts";
import type { DesktopRequest, Outcome, PersonRecord } from "./record.ts";

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
  /** The person's id at the identity provider; null if it is not known. By default the one in the record. */
  subject?: string | null | undefined;
  /** The claims that bindings look at, as just proven. By default those in the record. */
  claims?: Claims | undefined;
}

/** A wish as a request of this person. */
export function newRequest(
  record: PersonRecord | null,
  username: string,
  { workspace, retire, reason, subject, claims }: Wish,
  { id, at }: Stamp,
): DesktopRequest {
  return {
    id,
    username,
    workspace,
    retire,
    requestedAt: at,
    subject: subject === undefined ? record?.request.subject : (subject ?? undefined),
    claims: claims ?? record?.request.claims ?? {},
    reason,
  };
}

/** How the newest request ended; undefined if it has not. */
export function outcomeOf({ request, outcomes }: PersonRecord): Outcome | undefined {
  return Object.hasOwn(outcomes, request.id) ? outcomes[request.id] : undefined;
}

/** True if anything is left to do for this person. */
export function isUnfinished(record: PersonRecord): boolean {
  return (record.reviews ?? []).length > 0 || isBeingChanged(record);
}

/** True if the person's desktops are about to change. Reviews do not count: whether they change anything is not decided yet. */
export function isBeingChanged(record: PersonRecord): boolean {
  return (record.removals ?? []).length > 0 || !outcomeOf(record);
}

const tookItsPlace = "a newer request of this person took its place";

/** The outcome of a request whose place a newer one took. */
export function superseded(at: string): Outcome {
  return { state: "superseded", at, reason: tookItsPlace };
}

/** The record with a newer request in the place of its own. */
export function supersede(record: PersonRecord, request: DesktopRequest): PersonRecord {
  return {
    ...record,
    request,
    // What a retirement went through is no longer what an activation could go back to.
    before: record.request.retire && !request.retire ? undefined : record.before,
    // The extension was for the desktop that ran: the next one is another.
    kept: request.workspace === null ? undefined : record.kept,
    outcomes: addOutcome(record.outcomes, record.request.id, superseded(request.requestedAt)),
  };
}

/**
 * The record with what was there before work on a desktop began. What was remembered first stays, until that work has ended
 * with nothing left behind.
 */
export function remember(record: PersonRecord, workspace: string, desktop: DesktopBefore): PersonRecord {
  return record.before?.workspace === workspace ? record : { ...record, before: { workspace, desktop } };
}

/**
 * The record with the outcome of a request; the first outcome stays. What was there before is forgotten, unless something
 * of the run was left behind: then the next run for that workspace goes back to it.
 */
export function finish(record: PersonRecord, requestId: string, outcome: Outcome): PersonRecord {
  // Only a desktop that came up has an address.
  const cameUp = outcome.state === "done" && outcome.url !== undefined ? record.before?.workspace : undefined;
  const switchedFrom = cameUp === undefined ? undefined : hadElsewhere(record, cameUp);
  return {
    ...record,
    outcomes: addOutcome(record.outcomes, requestId, outcome.state === "done" ? { ...outcome, switchedFrom } : outcome),
    lastDesktop: cameUp ?? record.lastDesktop,
    before: outcome.state === "failed" && outcome.leftBehind.length > 0 ? record.before : undefined,
  };
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

/** Adds an outcome, the newest last, and forgets the oldest. The first outcome of a request stays: it has been reported. */
export function addOutcome(
  outcomes: Readonly<Record<string, Outcome>>,
  id: string,
  outcome: Outcome,
): Record<string, Outcome> {
  if (Object.hasOwn(outcomes, id)) return { ...outcomes };
  const entries: [string, Outcome][] = [...Object.entries(outcomes), [id, outcome]];
  return Object.fromEntries(entries.slice(-outcomesKept));
}
