import type { DesktopRequest, Outcome, PersonRecord } from "./record.ts";

/**
 * True if a request is a goal: that there is no desktop has to hold in the end, however often it fails. An activation that
 * failed is told to its person, who asks again.
 */
export function isGoal({ workspace }: Pick<DesktopRequest, "workspace">): boolean {
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

const tookItsPlace = "a newer request of this person took its place";

/** The outcome of a request whose place a newer one took. */
export function superseded(at: string): Outcome {
  return { state: "superseded", at, reason: tookItsPlace };
}
