import type { Claims } from "../desktop/entitlement.ts";
import type { DesktopRequest, Presence, DesktopRetirement, PersonRecord } from "./record.ts";
import { supersede } from "./operation.ts";

/** What the identity provider told us of a person, in our words, and no more of it than we act on. */
export interface Notice {
  id: string;
  /** When it happened there. */
  at: string;
  /** Whom: the person's id there, and their username where it was said. Neither, where it is about a group. */
  subject?: string | undefined;
  username?: string | undefined;
  told: Told;
}

export type Told =
  | { what: "back" }
  /** One session ended, the one named or some one; or every session of the person. */
  | { what: "left"; which: "some session" | "every session" | { session: string } }
  | { what: "deleted" }
  | { what: "disabled" }
  /** Values that are gone from the person's groups or roles. */
  | { what: "lost"; claim: "groups" | "roles"; values: readonly string[] }
  /** Something that may matter, without saying what: only asking tells. */
  | { what: "changed" }
  | { what: "group deleted" };

/** What the identity provider knows of a person when asked. */
export interface Standing {
  enabled: boolean;
  /** Groups by path and by name, and roles by name. */
  groups: readonly string[];
  roles: readonly string[];
  /** Sessions that are alive. */
  sessions: readonly string[];
}

/** Sessions that are kept a person: more than anybody has at once. */
const sessionsKept = 8;

/** When the record's person was last known to be there. */
export function lastSeen({ request, presence }: Pick<PersonRecord, "request" | "presence">): string {
  const at = presence?.seenAt ?? request.requestedAt;
  return at > request.requestedAt ? at : request.requestedAt;
}

/** So often it is written down that somebody is still there: an idle desktop is a matter of many minutes. */
const seenAgainMilliseconds = 60_000;

/** The person came, or came back: whatever leave there was is over. Returns the same presence where nothing is new. */
function arrive(record: PersonRecord, at: string, session?: string): Presence | undefined {
  const { presence } = record;
  const sessions = presence?.sessions ?? [];
  const known = session === undefined || sessions.includes(session);
  const justSeen = Date.parse(at) - Date.parse(lastSeen(record)) < seenAgainMilliseconds;
  if (known && justSeen && !presence?.leaving) return presence;
  const all = known ? sessions : [...sessions, session].slice(-sessionsKept);
  return { ...presence, seenAt: at, sessions: all, leaving: undefined };
}

/** A person who asks for a desktop: when, and what is known of them, freshly proven. */
export interface Arrival {
  at: string;
  session: string | undefined;
  subject: string | undefined;
  claims: Claims;
}

/**
 * The record when the person asks: `next`, or the current one where the same was asked before, with what is new of the
 * person. Null where nothing is.
 */
export function withArrival(
  current: PersonRecord | null,
  next: PersonRecord | null,
  { at, session, subject, claims }: Arrival,
): PersonRecord | null {
  const record = next ?? current;
  if (!record) return null;
  const presence = arrive(record, at, session);
  const request = { ...record.request, claims, subject: subject ?? record.request.subject };
  if (!next && presence === record.presence && sameJson(request, record.request)) return null;
  return { ...record, request, presence };
}

/** A login that was told of: ends a leave that is older, and counts as the person being there. */
export function loggedIn(record: PersonRecord, at: string): Presence | undefined {
  const { presence } = record;
  if (at <= lastSeen(record)) return presence;
  const leaving = presence?.leaving && presence.leaving.since > at ? presence.leaving : undefined;
  return { ...presence, seenAt: at, sessions: presence?.sessions ?? [], leaving };
}

/**
 * Somebody's session ended. Their leave begins, unless they were there since, another session of theirs is known to be
 * alive, or the one that ended is none of those in which they asked for a desktop.
 *
 * @param alive the person's sessions by the identity provider's own word, where it was asked
 */
export function leave(
  record: PersonRecord,
  { at, told }: Notice & { told: Extract<Told, { what: "left" }> },
  graceMinutes: number,
  alive?: readonly string[],
): Presence | undefined {
  const { presence, request } = record;
  // Who has no desktop has nothing to leave.
  if (at < lastSeen(record) || presence?.leaving || request.workspace === null) return presence;
  const known = presence?.sessions ?? [];
  const sessions = sessionsAfter(known, told.which, alive);
  const other = typeof told.which === "object" && known.length > 0 && !known.includes(told.which.session);
  const remain = { ...presence, seenAt: presence?.seenAt ?? request.requestedAt, sessions };
  if (sessions.length > 0 || other || (alive && alive.length > 0))
    return sessions.length === known.length ? presence : remain;
  const until = new Date(Date.parse(at) + graceMinutes * 60_000).toISOString();
  return { ...remain, leaving: { since: at, until } };
}

function sessionsAfter(
  known: readonly string[],
  which: Extract<Told, { what: "left" }>["which"],
  alive: readonly string[] | undefined,
): readonly string[] {
  if (which === "every session") return [];
  if (alive) return known.filter((session) => alive.includes(session));
  if (typeof which === "object") return known.filter((session) => session !== which.session);
  // One of several ended, and nobody says which: the others may be in use.
  return known.length > 1 ? known : [];
}

/** The claims without values that the person has lost; a claim that is emptied is gone. Names of claims are settings. */
export function withoutLost(claims: Claims, claim: string, values: readonly string[]): Claims {
  return filterClaim(claims, claim, (value) => !values.includes(value));
}

/** Of the claims' groups and roles those that the person still has. Nothing is added: what a token did not say stays unsaid. */
export function stillHeld(claims: Claims, names: { groups: string; roles: string }, now: Standing): Claims {
  const groups = filterClaim(claims, names.groups, (value) => now.groups.includes(value));
  return filterClaim(groups, names.roles, (value) => now.roles.includes(value));
}

function filterClaim(claims: Claims, name: string, stays: (value: string) => boolean): Claims {
  if (!Object.hasOwn(claims, name)) return claims;
  const held: unknown[] = [claims[name]].flat();
  const kept = held.filter((value) => typeof value !== "string" || stays(value));
  if (kept.length === held.length) return claims;
  const others = Object.entries(claims).filter(([key]) => key !== name);
  return Object.fromEntries(kept.length > 0 ? [...others, [name, kept]] : others);
}

/**
 * The record when desktops in these workspaces are to go for good: a person who wants one of them wants none now, and what
 * else they want stays. Null where nothing is new.
 */
export function withRemovals(
  record: PersonRecord,
  claims: Claims,
  removals: readonly DesktopRetirement[],
  none: DesktopRequest,
): PersonRecord | null {
  const known = record.removals ?? [];
  const added = removals.filter(({ workspace }) => !known.some((removal) => removal.workspace === workspace));
  if (added.length === 0 && sameJson(claims, record.request.claims)) return null;
  const wantsOne = added.some(({ workspace }) => workspace === record.request.workspace);
  const next = wantsOne
    ? supersede(record, { ...none, claims })
    : { ...record, request: { ...record.request, claims } };
  return added.length === 0 ? next : { ...next, removals: [...known, ...added] };
}

/** Undefined and absent are the same, as in what is written. */
function sameJson(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
