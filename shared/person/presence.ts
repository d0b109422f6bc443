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

/** A person who asks for a desktop: when, and what is known of them, as just proven. */
export interface Arrival {
  at: string;
  session: string | undefined;
  subject: string | undefined;
  claims: Claims;
}

/** The record when its person asks: they are there, whatever leave there was is over. The same record if nothing is new. */
export function arrive(record: PersonRecord, { at, session, subject, claims }: Arrival): PersonRecord {
  const presence = presenceAt(record, at, session);
  const request = { ...record.request, claims, subject: subject ?? record.request.subject };
  const isNew = presence !== record.presence || JSON.stringify(request) !== JSON.stringify(record.request);
  return isNew ? { ...record, request, presence } : record;
}

function presenceAt(record: PersonRecord, at: string, session: string | undefined): Presence | undefined {
  const { presence } = record;
  const sessions = presence?.sessions ?? [];
  const known = session === undefined || sessions.includes(session);
  const justSeen = Date.parse(at) - Date.parse(lastSeen(record)) < seenAgainMilliseconds;
  if (known && justSeen && !presence?.leaving) return presence;
  const all = known ? sessions : [...sessions, session].slice(-sessionsKept);
  return { ...presence, seenAt: at, sessions: all, leaving: undefined };
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

/**
 * The record after a session ended: the person's leave begins, unless they were there since, another session of theirs is
 * known to be alive, or the one that ended is not one in which they asked for a desktop.
 */
export function leave(record: PersonRecord, { at, which, alive }: Leave, graceMinutes: number): PersonRecord {
  const { presence, request } = record;
  // A person who has no desktop has nothing to leave.
  if (at < lastSeen(record) || presence?.leaving || request.workspace === null) return record;
  const known = presence?.sessions ?? [];
  const sessions = sessionsAfter(known, which, alive);
  const other = typeof which === "object" && known.length > 0 && !known.includes(which.session);
  const remain = { ...presence, seenAt: presence?.seenAt ?? request.requestedAt, sessions };
  if (sessions.length > 0 || other || (alive && alive.length > 0))
    return sessions.length === known.length ? record : { ...record, presence: remain };
  const until = new Date(Date.parse(at) + graceMinutes * 60_000).toISOString();
  return { ...record, presence: { ...remain, leaving: { since: at, until } } };
}

function sessionsAfter(
  known: readonly string[],
  which: EndedSessions,
  alive: readonly string[] | undefined,
): readonly string[] {
  if (which === "every session") return [];
  if (alive) return known.filter((session) => alive.includes(session));
  if (typeof which === "object") return known.filter((session) => session !== which.session);
  // One of several ended, and it is not said which: the others may be in use.
  return known.length > 1 ? known : [];
}

/** A leave whose grace is over, and what was found out about the person since. */
export interface EndedLeave {
  /** When it began: a person who came back meanwhile has no leave any more, or a newer one. */
  since: string;
  isBack: boolean;
  /** The person's living sessions according to the identity provider. */
  sessions: readonly string[];
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
  const over = { ...record, presence: { ...presence, sessions, leaving: undefined } };
  if (isBack || request.workspace === null) return over;
  return supersede(over, newRequest(record, request.username, { workspace: null, reason }, stamp));
}
