import { lastSeen } from "./presence.ts";
import type { PersonRecord } from "./record.ts";
import { isUnfinished } from "./left-to-do.ts";
import { outcomeOf } from "./outcomes.ts";
import { generationOf, instanceIdOf, settleMilliseconds } from "./work.ts";

/** True if everything of the person was removed, and nothing is left to do. */
export function isRetired(record: PersonRecord): boolean {
  return record.request.retire === true && outcomeOf(record)?.state === "done" && !isUnfinished(record);
}

/**
 * The record without what is known of a person, once everything of theirs is removed. What remains until the record is
 * deleted says that it was done, and tells apart who has the username next. The same record if nothing is to be forgotten.
 */
export function forgetRetired(record: PersonRecord): PersonRecord {
  if (!isRetired(record)) return record;
  const { request, presence, decisions, kept, interventions, ends } = record;
  const isKnown = request.subject !== undefined || request.claimsReduced || Object.keys(request.claims).length > 0;
  if (!isKnown && !presence && !decisions && !kept && !interventions && !ends) return record;
  return {
    ...record,
    request: { ...request, subject: undefined, claims: {}, claimsReduced: undefined },
    presence: undefined,
    decisions: undefined,
    kept: undefined,
    interventions: undefined,
    ends: undefined,
  };
}

/**
 * True if the record may be deleted, provided that nothing of the person is found: they were retired, or want nothing, or
 * could not get what they wanted, and nothing has happened for that long.
 */
export function isOutdated(record: PersonRecord, retentionDays: number, now: Date): boolean {
  const { request, work } = record;
  const outcome = outcomeOf(record);
  if (!outcome || isUnfinished(record) || (request.workspace !== null && outcome.state !== "failed")) return false;
  const last = Math.max(...[lastSeen(record), outcome.at, work?.notBefore ?? outcome.at].map((at) => Date.parse(at)));
  return last + Math.max(retentionDays * 86_400_000, settleMilliseconds) <= now.getTime();
}

/** Every instance id that the person's orchestrations have had (docs/adr/0011). */
export function instanceIdsOf(record: PersonRecord): string[] {
  const usual = instanceIdOf(record.request.username);
  return [usual, ...Array.from({ length: generationOf(record) }, (_, before) => `${usual}-${before + 1}`)];
}
