import type { Admission, DesktopRequest, PersonRecord } from "./record.ts";

/** What is known of a start before it begins: the image, and the limits of its workspace. */
export type StartFacts = Pick<Admission, "image" | "startsAtOnce" | "maxDesktops">;

/** People who had a desktop so recently come back to their work: they go first. */
const returnMilliseconds = 60 * 60_000;

/** The person's place once they want a desktop: the one that they have already, also for another workspace. */
export function queueUp(record: PersonRecord | null, request: DesktopRequest): Admission | undefined {
  if (request.workspace === null || request.retire) return undefined;
  return {
    state: "waiting",
    since: record?.admission?.since ?? request.requestedAt,
    workspace: request.workspace,
    returns: record !== null && returnsAt(record, request.requestedAt),
  };
}

/** True if a desktop of theirs runs as far as the record tells, came up or was taken down in the last hour. */
function returnsAt({ request, lastDesktop, outcomes, admission }: PersonRecord, at: string): boolean {
  if (lastDesktop === undefined) return false;
  const since = Date.parse(at) - returnMilliseconds;
  const ended = Object.entries(outcomes).filter(([, { state }]) => state === "done");
  const runs = request.workspace !== null && ended.some(([id]) => id === request.id);
  return runs || admission?.returns === true || ended.some(([, outcome]) => Date.parse(outcome.at) >= since);
}

/** The record with what bounds the start, which others need to know; unchanged if the person wants something else by now. */
export function noteFacts(record: PersonRecord, asked: DesktopRequest, facts: StartFacts): PersonRecord {
  const admission = placeFor(record, asked);
  if (admission?.state !== "waiting") return record;
  return { ...record, admission: { ...admission, ...facts } };
}

/**
 * The record with the person's start admitted; unchanged if they want something else by now.
 *
 * @param isLast if nobody can start beside it any more
 */
export function admit(
  record: PersonRecord,
  asked: DesktopRequest,
  facts: StartFacts,
  { at, isLast }: { at: string; isLast: boolean },
): PersonRecord {
  const admission = placeFor(record, asked);
  if (admission?.state !== "waiting") return record;
  const admitted = { ...admission, ...facts, state: "admitted" as const, admittedAt: at };
  // The facts were noted when it had to wait.
  const waited = admission.image !== undefined;
  return { ...record, admission: { ...admitted, ...(waited && { waited }), ...(isLast && { isLast }) } };
}

/** The record with the note that the work on its request is suspended by hand or silent, or without it: it goes on. */
export function noteHeldUp(record: PersonRecord, asked: DesktopRequest, at: string | null): PersonRecord {
  const { admission, request } = record;
  const isNoted = admission?.suspendedAt !== undefined;
  if (!admission || request.id !== asked.id || isNoted === (at !== null)) return record;
  return { ...record, admission: { ...admission, suspendedAt: at ?? undefined } };
}

/** The place of a request in the record of its person, who has none if an earlier release wrote it. */
function placeFor(record: PersonRecord, asked: DesktopRequest): Admission | undefined {
  return record.request.id === asked.id ? (record.admission ?? queueUp(record, asked)) : undefined;
}
