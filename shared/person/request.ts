import type { Claims } from "../desktop/entitlement.ts";
import type { DesktopBefore } from "../desktop/state.ts";
import { queueUp } from "./admission.ts";
import { endIn, noteCancelled } from "./ends.ts";
import { addOutcome, outcomeOf, superseded } from "./outcomes.ts";
import type { DesktopRequest, PersonRecord } from "./record.ts";
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
 * True if the person, who wants a desktop, may be using the one in this workspace: the one that they asked for, or, if their
 * request failed, whichever ran before and stayed.
 */
export function mayUse(record: PersonRecord, workspace: string): boolean {
  const wanted = record.request.workspace;
  return wanted === workspace || (wanted !== null && outcomeOf(record)?.state === "failed");
}

/** True if no desktop of the person was ever begun, as far as the record knows: nothing of one can be there. */
export function neverHadDesktop({ since, lastDesktop, others, rollback, outcomes }: PersonRecord): boolean {
  const isKnownFromTheStart = since !== undefined;
  const left = [lastDesktop, others, rollback].some((each) => each !== undefined);
  return isKnownFromTheStart && !left && Object.values(outcomes).every(({ state }) => state === "superseded");
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

/**
 * The workspace of the last desktop of the person that came up before, or that could be opened when work on the one in
 * `workspace` began; undefined if it is that one.
 */
export function hadElsewhere({ lastDesktop, before }: PersonRecord, workspace: string): string | undefined {
  const last = lastDesktop ?? before?.desktop.others[0]?.workspace;
  return last === workspace ? undefined : last;
}
