import type { DeployedDesktop } from "../desktop/known-desktop.ts";
import { type DesktopKey, keyText, type NamedDesktop } from "../desktop/names.ts";

/**
 * A row of Guacamole's history that ended sooner is an attempt, not a session. Measured on Guacamole 1.6.0 in November
 * 2026: a connect that reaches no desktop leaves a row of 35 to 91 ms if the name does not resolve, 65 ms if the port is
 * closed, and about 100 ms if the password is wrong; a forgotten tab repeats it every 15 seconds. A picture takes 460 ms
 * and more. The limit is far above all of these, for slow networks, and below any time in which somebody does some work.
 */
export const shortestSessionSeconds = 5;

/** What Guacamole's history holds of the sessions to one desktop: times as they stand there. */
export interface SessionHistory {
  /** When sessions began that have no end in it. */
  open: readonly string[];
  lastStart: string | null;
  lastEnd: string | null;
  /** When the last attempt began that ended too soon to be a session. */
  lastAttempt: string | null;
}

/** A tunnel that Guacamole itself has now. */
export interface ActiveTunnel {
  connectionId: number | null;
  /** Guacamole's name of the user. */
  entity: string | null;
  /** As its row in the history says; null if Guacamole does not tell. */
  startedAt: string | null;
}

/** What the history holds of one connection. */
export interface ConnectionSessions extends DesktopKey {
  connectionId: number;
  /** Where it leads; null if it does not say. */
  host: string | null;
  history: SessionHistory;
}

/** What is known around the history, and says which of its open sessions are really alive. */
export interface AroundHistory {
  /** When it was read. */
  now: Date;
  startedAt: string | null;
  /** Since when the oldest living instance of Guacamole runs; null if that is not known. */
  guacamoleSince: string | null;
  /** Since when Guacamole itself has its connections to the desktop (null: it does not tell); null if it is not asked. */
  active: readonly (string | null)[] | null;
  /** When it was decided, in a row up to now, that nobody is connected; the oldest first. */
  unusedAt: readonly string[];
  /** How long a session can be at the longest; null if that is not known. */
  longestMinutes?: number | null | undefined;
}

/** Sessions, without those that cannot be alive. */
export interface CountedSessions {
  open: readonly string[];
  /** Guacamole says by itself that somebody is connected. */
  active: boolean;
  /** Since when, if it tells. */
  activeSince: string | null;
  lastStart: string | null;
  lastEnd: string | null;
  /** When the last attempt began that ended too soon to be a session. */
  lastAttempt: string | null;
  /** When those that were left open must have ended at the latest. */
  presumedEnd: string | null;
  readAt: string;
}

/** More than clocks of one estate differ, here and back: Guacamole writes times by its own. */
export const clockToleranceMilliseconds = 5 * 60_000;
/** A session that has just begun may not be in Guacamole's list yet. */
const newbornMilliseconds = 2 * 60_000;

export const noSessions: SessionHistory = { open: [], lastStart: null, lastEnd: null, lastAttempt: null };

/**
 * Returns the sessions that count. Guacamole leaves a row open forever when its process dies, so an open row alone is no
 * proof of life. It does not count if the desktop was started since, if every instance of Guacamole was, if it is older
 * than a session may be, or if Guacamole, asked after the history was read, has no connection that began then. If none of
 * that is known, it counts. A connection of Guacamole's that is not in the history counts like a session. When a session that does not count ended is not recorded: its instance may have died long after the others
 * were started. It ended at the latest when nobody was found there for the first time, or now. Times in the future are
 * now.
 */
export function countSessions(history: SessionHistory, around: AroundHistory): CountedSessions {
  const { now, startedAt, guacamoleSince, active, unusedAt, longestMinutes } = around;
  const readAt = now.toISOString();
  const open: string[] = [];
  let presumedEnd: string | null = null;
  const endedBy = (at: string) => {
    if (presumedEnd === null || at > presumedEnd) presumedEnd = at;
  };
  const isListed = active && listedIn(active);
  for (const start of history.open) {
    if (startedAt !== null && isBefore(start, startedAt, clockToleranceMilliseconds)) continue;
    const stale =
      (longestMinutes != null && isBefore(start, readAt, longestMinutes * 60_000 + clockToleranceMilliseconds)) ||
      (guacamoleSince !== null && isBefore(start, guacamoleSince, clockToleranceMilliseconds)) ||
      (isListed?.(start) === false && isBefore(start, readAt, newbornMilliseconds));
    if (stale) endedBy(unusedAt.find((at) => isBefore(start, at, clockToleranceMilliseconds)) ?? readAt);
    else open.push(start > readAt ? readAt : start);
  }
  const past = (at: string | null) => (at !== null && at > readAt ? readAt : at);
  return {
    open,
    active: active !== null && active.length > 0,
    activeSince: past((active ?? []).filter((start) => start !== null).sort()[0] ?? null),
    lastStart: past(history.lastStart),
    lastEnd: past(history.lastEnd),
    lastAttempt: past(history.lastAttempt),
    presumedEnd,
    readAt,
  };
}

/**
 * Whether Guacamole has a connection that began then: the row and the list hold the same instant (ActiveConnectionRecord.java,
 * 1.6.0). If one of its connections does not say when it began, it may be any.
 */
function listedIn(active: readonly (string | null)[]): (start: string) => boolean {
  const starts = new Set(active);
  return (start) => starts.has(start) || starts.has(null);
}

/**
 * Of Guacamole's tunnels those that lead to a desktop: to one of its connections, or to one that was removed while the
 * session was open. Guacamole goes on with such a session under the old id, and its row keeps the user's name and the start
 * (measured on 1.6.0 in November 2026).
 */
export function tunnelsTo<Tunnel extends ActiveTunnel>(
  tunnels: readonly Tunnel[],
  entity: string,
  { connectionIds, history }: { connectionIds: readonly number[]; history: SessionHistory },
): Tunnel[] {
  return tunnels.filter(
    (tunnel) =>
      (tunnel.connectionId !== null && connectionIds.includes(tunnel.connectionId)) ||
      (tunnel.entity === entity && tunnel.startedAt !== null && history.open.includes(tunnel.startedAt)),
  );
}

/**
 * The sessions of each desktop: of all its connections, if older ones of the name lie in other groups. A connection that leads
 * to one of these desktops is that desktop's, whatever it is called and wherever it was moved.
 */
export function sessionsByDesktop(
  all: readonly ConnectionSessions[],
  desktops: readonly NamedDesktop[],
): ReadonlyMap<string, { connectionIds: number[]; history: SessionHistory }> {
  const later = (one: string | null, other: string | null) => (one !== null && (other ?? "") < one ? one : other);
  const byHost = new Map(desktops.map((desktop) => [desktop.names.host, desktop]));
  const found = new Map<string, { connectionIds: number[]; history: SessionHistory }>();
  for (const each of all) {
    const { connectionId, history } = each;
    const key = keyText(byHost.get(each.host ?? "") ?? each);
    const others = found.get(key);
    found.set(
      key,
      others
        ? {
            connectionIds: [...others.connectionIds, connectionId],
            history: {
              open: [...others.history.open, ...history.open],
              lastStart: later(others.history.lastStart, history.lastStart),
              lastEnd: later(others.history.lastEnd, history.lastEnd),
              lastAttempt: later(others.history.lastAttempt, history.lastAttempt),
            },
          }
        : { connectionIds: [connectionId], history },
    );
  }
  return found;
}

/** From when on the history matters: what ended before the first of them was started says nothing of any. null: all of it. */
export function sessionsSince(desktops: readonly DeployedDesktop[], now: Date): string | null {
  let earliest = now.getTime();
  for (const { replicas, startedAt } of desktops) {
    if (replicas === 0) continue;
    if (startedAt === null) return null; // it is still one statement
    earliest = Math.min(earliest, Date.parse(startedAt));
  }
  return new Date(earliest - clockToleranceMilliseconds).toISOString();
}

function isBefore(one: string, other: string, byMilliseconds: number): boolean {
  return Date.parse(one) < Date.parse(other) - byMilliseconds;
}
