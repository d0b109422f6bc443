import type { Claims } from "../desktop/entitlement.ts";
import { ask } from "./ask.ts";
import type { DesktopRetirement, Outcome, PersonRecord } from "./record.ts";
import { noteEnds } from "./ends.ts";
import { addOutcome } from "./outcomes.ts";
import { newRequest, type Stamp, supersede } from "./request.ts";
import { struggle } from "./trouble.ts";
import type { Why } from "./why.ts";

/**
 * The record when everything that the person has is to be removed permanently, in every workspace. One that has ended is
 * enough if nothing of theirs is there now: that it was asked for says nothing of that.
 */
export function retirePerson(
  record: PersonRecord | null,
  username: string,
  reason: string,
  stamp: Stamp,
  { isGone }: { isGone: boolean } = { isGone: true },
): PersonRecord {
  return ask(record, username, { workspace: null, retire: true, reason }, stamp, {
    stillTrue: ({ retire }) => retire === true && isGone,
  });
}

/** Some of a person's desktops that are to be removed permanently. */
export interface Loss {
  retirements: readonly DesktopRetirement[];
  /** Why the person is to have no desktop, if one of these is the one they want. */
  reason: string;
  /** The same in fields. */
  why?: Why | undefined;
  /** What is left of the person's claims. By default all that the record says. */
  claims?: Claims | undefined;
}

/**
 * The record when some desktops are to be removed permanently: a person who wants one of them wants none now; whatever
 * else they want stays. A retirement that is under way stays the one. The same record if nothing is new.
 */
export function retireDesktops(
  record: PersonRecord | null,
  username: string,
  { retirements, reason, why, claims }: Loss,
  stamp: Stamp,
): PersonRecord {
  const none = newRequest(record, username, { workspace: null, reason, why, claims }, stamp);
  if (!record) return { request: none, outcomes: {}, removals: retirements };
  const { request, removals = [] } = record;
  const added = retirements.filter(({ workspace }) => removals.every((known) => known.workspace !== workspace));
  const isNarrowed = JSON.stringify(none.claims) !== JSON.stringify(request.claims);
  if (added.length === 0 && !isNarrowed) return record;
  const wantsOne = added.some(({ workspace }) => workspace === request.workspace);
  const next = wantsOne ? supersede(record, none) : { ...record, request: { ...request, claims: none.claims } };
  return added.length === 0 ? next : { ...next, removals: [...removals, ...added] };
}

/** The record with the outcome of a desktop's retirement, which is no longer to be done then. One that failed still is. */
export function finishRetirement(
  record: PersonRecord,
  id: string,
  outcome: Outcome,
  at: string = outcome.at,
): PersonRecord {
  const { removals = [], before } = record;
  const retirement = removals.find((each) => each.id === id);
  if (!retirement) return record;
  if (outcome.state === "failed") {
    const tried = { ...retirement, trouble: struggle(retirement.trouble, outcome, at) };
    return { ...record, removals: removals.map((each) => (each === retirement ? tried : each)) };
  }
  const left = removals.filter((each) => each !== retirement);
  const { workspace, reason, why = { kind: "unknown" } } = retirement;
  return {
    ...noteEnds(record, [workspace], { at: outcome.at, action: "retire", reason, why, id }),
    outcomes: addOutcome(record.outcomes, id, { ...outcome, workspace: retirement.workspace }, record.request.id),
    removals: left.length > 0 ? left : undefined,
    before: before?.workspace === retirement.workspace ? undefined : before,
  };
}

/** The retirement of that desktop, if it has not ended. */
export function retirementOf(record: PersonRecord | undefined, workspace: string): DesktopRetirement | undefined {
  return record?.removals?.find((each) => each.workspace === workspace);
}
