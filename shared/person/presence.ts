import type { Claims } from "../desktop/entitlement.ts";
import type { PersonRecord, Presence } from "./record.ts";
import { newRequest, type Stamp, supersede } from "./request.ts";

/** How many sessions are kept per person: more than anybody has at once. */
const sessionsKept = 8;

/** How often it is written down that a person is still there: an idle desktop is a matter of many minutes. */
const seenAgainMilliseconds = 60_000;

/** When the record's person was last known to be there. */
export function lastSeen({ request, presence }: Pick<PersonRecord, "request" | "presence">): string {
  const at = presence?.seenAt ?? request.requestedAt;
  return at > request.requestedAt ? at : request.requestedAt;
}

/** The person's leave, as it is shown. */
export function leaveOf(record: PersonRecord | null | undefined): { since: string; until: string } | undefined {
  const leaving = record?.presence?.leaving;
  return leaving && { since: leaving.since, until: leaving.until };
}

/** A person who asks for a desktop: when, and what is known of them, as just proven. */
export interface Arrival {
  at: string;
  session: string | undefined;
  subject: string | undefined;
  claims: Claims;
  /** True if the person has more values of these claims. */
  reduced?: boolean;
}

/** The record when its person asks: they are there, whatever leave there was is over. The same record if nothing is new. */
export function arrive(record: PersonRecord, { at, session, subject, claims, reduced }: Arrival): PersonRecord {
  const presence = presenceAt(record, at, session);
  const claimsReduced = reduced === true ? true : undefined;
  const request = { ...record.request, claims, claimsReduced, subject: subject ?? record.request.subject };
  const isNew = presence !== record.presence || JSON.stringify(request) !== JSON.stringify(record.request);
  return isNew ? { ...record, request, presence } : record;
}

function presenceAt(record: PersonRecord, at: string, session: string | undefined): Presence | undefined {
  const { presence } = record;
  const known = presence?.sessions ?? [];
  const isKnown = session === undefined || known.includes(session);
  const justSeen = Date.parse(at) - Date.parse(lastSeen(record)) < seenAgainMilliseconds;
  if (isKnown && justSeen && !presence?.leaving) return presence;
  const sessions = isKnown ? known : [...known, session].slice(-sessionsKept);
  const noted = Object.fromEntries(sessions.map((each) => [each, notedIn(record, each)]));
  if (session !== undefined) noted[session] = { first: isKnown ? (noted[session]?.first ?? at) : at, last: at };
  return { ...presence, seenAt: at, sessions, ...(sessions.length > 0 && { noted }), leaving: undefined };
}

/** When a session was named first and last; if that was not noted, as if it had been when its person was last seen. */
function notedIn(record: PersonRecord, session: string): { first: string; last: string } {
  const seen = lastSeen(record);
  return record.presence?.noted?.[session] ?? { first: seen, last: seen };
}

/** The record after a login that was reported: it ends an older leave, and counts as the person being there. */
export function comeBack(record: PersonRecord, at: string): PersonRecord {
  const { presence } = record;
  if (at <= lastSeen(record)) return record;
  const leaving = presence?.leaving && presence.leaving.since > at ? presence.leaving : undefined;
  return { ...record, presence: { ...presence, seenAt: at, sessions: presence?.sessions ?? [], leaving } };
}

/** Which of a person's sessions ended: the one named, one that is not named, or all. */
export type EndedSessions = "some session" | "every session" | { session: string };

export interface Leave {
  at: string;
  which: EndedSessions;
  /** The person's living sessions according to the identity provider, if it was asked. */
  alive?: readonly string[] | undefined;
}

/** How long a leave's grace is, and how long the realm lets a session live: idle, and at most. */
export interface SessionRules {
  graceMinutes: number;
  idleMinutes: number;
  maxMinutes: number;
}

/**
 * The record after a session ended: the person's leave begins, unless they were there since, another session of theirs is
 * known to be alive, or the one that ended is not one in which they asked for a desktop.
 *
 * Nobody tells us that a session expired (Keycloak before 26.5) or that it was refreshed. Without the identity provider's
 * word, a session is over when it has reached its maximum age, and in doubt when it would have been idle for too long.
 */
export function leave(record: PersonRecord, left: Leave, rules: SessionRules): PersonRecord {
  const { presence, request } = record;
  const { at } = left;
  // A person who has no desktop has nothing to leave.
  if (request.workspace === null || (at < lastSeen(record) && !endedAfterAll(record, left))) return record;
  const known = presence?.sessions ?? [];
  const { goes, sessions } = decideLeave(record, left, rules);
  const noted = presence?.noted && Object.fromEntries(sessions.map((each) => [each, notedIn(record, each)]));
  const remain: Presence = { ...presence, seenAt: presence?.seenAt ?? request.requestedAt, sessions, noted };
  if (presence?.leaving) {
    if (goes !== "certainly" || !presence.leaving.unlessInUse) return record;
    const { since, until } = presence.leaving;
    return { ...record, presence: { ...remain, leaving: { since, until } } };
  }
  if (goes === "no") return sessions.length === known.length ? record : { ...record, presence: remain };
  const since = at > lastSeen(record) ? at : lastSeen(record);
  const until = new Date(Date.parse(since) + rules.graceMinutes * 60_000).toISOString();
  const leaving = { since, until, ...(goes === "unless in use" && { unlessInUse: true }) };
  return { ...record, presence: { ...remain, leaving } };
}

/**
 * True if the session that ended is the one in which the person was seen last: then they were not there after it, and only
 * the clocks differ.
 */
function endedAfterAll(record: PersonRecord, { which }: Leave): boolean {
  const named = typeof which === "object" ? record.presence?.noted?.[which.session] : undefined;
  return named !== undefined && named.last >= lastSeen(record);
}

/** Whether a leave begins, and which of the known sessions may still be alive. */
function decideLeave(
  record: PersonRecord,
  { at, which, alive }: Leave,
  { idleMinutes, maxMinutes }: SessionRules,
): { goes: "no" | "certainly" | "unless in use"; sessions: readonly string[] } {
  const known = record.presence?.sessions ?? [];
  const ended = typeof which === "object" ? which.session : undefined;
  const isCertain = which === "every session" || (ended !== undefined && known.includes(ended));
  if (alive) {
    // Keycloak makes a back-channel call before it removes the session.
    const others = alive.filter((session) => session !== ended);
    const sessions = known.filter((session) => others.includes(session));
    return { goes: others.length > 0 ? "no" : isCertain ? "certainly" : "unless in use", sessions };
  }
  if (which === "every session") return { goes: "certainly", sessions: [] };
  const age = (since: string) => (Date.parse(at) - Date.parse(since)) / 60_000;
  const rest = known.filter((session) => session !== ended && age(notedIn(record, session).first) <= maxMinutes);
  const active = rest.filter((session) => age(notedIn(record, session).last) <= idleMinutes);
  // Of those that are alive for certain, the one that ended may be one if it was not named.
  const stays = ended === undefined ? active.length > 1 : isCertain ? active.length > 0 : rest.length > 0;
  if (stays) return { goes: "no", sessions: rest };
  return { goes: isCertain && rest.length === 0 ? "certainly" : "unless in use", sessions: rest };
}

/** A leave whose grace is over, and what was found out about the person since. */
export interface EndedLeave {
  /** When it began: a person who came back meanwhile has no leave any more, or a newer one. */
  since: string;
  isBack: boolean;
  /** The person's living sessions according to the identity provider; undefined if it is not asked. */
  sessions: readonly string[] | undefined;
  reason: string;
}

/** The record after a leave: a person who is not back wants no desktop any more. */
export function endLeave(
  record: PersonRecord,
  { since, isBack, sessions, reason }: EndedLeave,
  stamp: Stamp,
): PersonRecord {
  const { presence, request } = record;
  if (presence?.leaving?.since !== since) return record;
  const { until } = presence.leaving;
  const left = sessions ?? (isBack ? presence.sessions : []);
  const noted = presence.noted && Object.fromEntries(left.map((session) => [session, notedIn(record, session)]));
  const over = { ...record, presence: { ...presence, sessions: left, noted, leaving: undefined } };
  if (isBack || request.workspace === null) return over;
  return supersede(
    over,
    newRequest(record, request.username, { workspace: null, reason, why: { kind: "left", since, until } }, stamp),
  );
}
