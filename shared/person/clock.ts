import type { PersonRecord } from "./record.ts";

/** More than the clocks of an estate's hosts differ. */
const toleranceMilliseconds = 2 * 60_000;

/**
 * The record without times of the past that are in the future, because the clock was put back since: they are now. Otherwise
 * whatever is said of the person until then would seem to be older than what is known, and be lost. The same record if there
 * is none.
 */
export function withoutFuture(record: PersonRecord, now: Date): PersonRecord {
  const limit = now.getTime() + toleranceMilliseconds;
  const ahead = (at: string) => Date.parse(at) > limit;
  const past = (at: string) => (ahead(at) ? now.toISOString() : at);
  const { request, presence, admission } = record;
  const { seenAt, noted = {}, leaving } = presence ?? {};
  const times = Object.values(noted).flatMap(({ first, last }) => [first, last]);
  const queued = [admission?.since, admission?.admittedAt];
  if (![request.requestedAt, seenAt, leaving?.since, ...times, ...queued].some((at) => at !== undefined && ahead(at)))
    return record;

  const sober = {
    ...record,
    request: { ...request, requestedAt: past(request.requestedAt) },
    ...(admission && {
      admission: {
        ...admission,
        since: past(admission.since),
        ...(admission.admittedAt !== undefined && { admittedAt: past(admission.admittedAt) }),
      },
    }),
  };
  if (!presence) return sober;
  return {
    ...sober,
    presence: {
      ...presence,
      seenAt: past(presence.seenAt),
      ...(presence.noted && {
        noted: Object.fromEntries(
          Object.entries(noted).map(([id, each]) => [id, { ...each, first: past(each.first), last: past(each.last) }]),
        ),
      }),
      ...(leaving && ahead(leaving.since) && { leaving: moved(leaving, now) }),
    },
  };
}

/** The leave as if it had begun now: its grace stays as long. */
function moved<Leaving extends { since: string; until: string }>(leaving: Leaving, now: Date): Leaving {
  const grace = Date.parse(leaving.until) - Date.parse(leaving.since);
  return { ...leaving, since: now.toISOString(), until: new Date(now.getTime() + grace).toISOString() };
}
