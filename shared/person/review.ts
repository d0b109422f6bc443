import type { Decision } from "../desktop/decision.ts";
import { rememberDecision } from "./decisions.ts";
import { noteEnds } from "./ends.ts";
import type { PersonRecord, Review } from "./record.ts";
import { addOutcome, outcomeOf } from "./outcomes.ts";
import { newRequest, type Stamp, supersede } from "./request.ts";
import { type Setback, struggle } from "./trouble.ts";
import type { Why } from "./why.ts";

/** The record of a person whose record somebody deleted: nothing was asked for, so nothing is to be done. */
export function recordOfNobody(username: string, stamp: Stamp): PersonRecord {
  const request = { ...newRequest(null, username, { workspace: null }, stamp), nobodyAsked: true };
  return { request, outcomes: { [stamp.id]: { state: "done", at: stamp.at, message: "nothing was asked for" } } };
}

/** The record with a review of one desktop; the same record if one of that desktop waits already. */
export function nominate(record: PersonRecord, review: Review): PersonRecord {
  const { reviews = [] } = record;
  const waits = reviews.some(({ workspace }) => workspace === review.workspace);
  return waits ? record : { ...record, reviews: [...reviews, review] };
}

/** The result of a review: the decision, if there was a desktop to decide about, and whether it went down. */
export interface Reviewed {
  decision: Decision | null;
  suspended: boolean;
  /** Why it could not be suspended. */
  setback?: Setback | undefined;
}

/**
 * The record after a review: the decision is remembered, and a person whose desktop was suspended wants none. If it could not
 * be suspended, the review stays: it decides again at the next try.
 */
export function finishReview(
  record: PersonRecord,
  { id, workspace }: Review,
  { decision, suspended, setback }: Reviewed,
  stamp: Stamp,
): PersonRecord {
  const { reviews = [] } = record;
  const review = reviews.find((each) => each.id === id);
  if (!review) return record;
  const again = setback ? [{ ...review, trouble: struggle(review.trouble, setback, stamp.at) }] : [];
  const left = reviews.flatMap((each) => (each === review ? again : [each]));
  const rest = { ...record, reviews: left.length > 0 ? left : undefined };
  if (!decision) return rest;
  const remembered = rememberDecision(rest, workspace, stamp.at, decision);
  if (!suspended) return remembered;
  const { reason, rule, minutes } = decision;
  const why: Why = { kind: "rule", rule, ...(minutes !== undefined && { minutes }) };
  const next = wantNoneAfterwards(remembered, workspace, { reason, why }, stamp);
  const isOwn = next !== remembered;
  return noteEnds(next, [workspace], { at: stamp.at, action: "suspend", reason, why, ...(isOwn && { id: stamp.id }) });
}

/** A person who asked for a desktop during the review still gets it. */
function wantNoneAfterwards(
  record: PersonRecord,
  workspace: string,
  { reason, why }: { reason: string; why: Why },
  stamp: Stamp,
): PersonRecord {
  const { request, outcomes } = record;
  if (request.workspace !== workspace || !outcomeOf(record)) return record;
  const none = newRequest(record, request.username, { workspace: null, reason, why }, stamp);
  const message = `suspended: ${reason}`;
  const outcome = { state: "done", workspace, tookDown: [workspace], at: stamp.at, message } as const;
  return { ...supersede(record, none), outcomes: addOutcome(outcomes, none.id, outcome) };
}
