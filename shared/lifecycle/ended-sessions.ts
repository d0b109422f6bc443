import type { DesktopKey } from "../desktop/names.ts";

/** Whose sessions are to end: those in a workspace, of a person, or of that person in that workspace. */
export interface SessionsOf {
  workspace?: string | undefined;
  username?: string | undefined;
}

/** Why they end, and who said so. */
export interface EndOfSessions extends SessionsOf {
  reason: string;
  by?: string | undefined;
}

/** How far a run came in the list of desktops: the API server's own place, and the last name that was looked at. */
export interface PlaceOfRun {
  from?: string | undefined;
  after: string;
}

/** What one step of a run did. */
export interface SomeEnded {
  ended: (DesktopKey & { operation: string })[];
  failed: (DesktopKey & { reason: string })[];
  /** Where the next step goes on; null at the end. */
  next: PlaceOfRun | null;
}

/** How far a run is, and what it did. */
export interface EndedSessions extends SessionsOf {
  reason: string;
  /** How many desktops ran when it began; null until they are counted. */
  of: number | null;
  /** How many of them are being suspended, and for how many that could not be asked. */
  counts: { ended: number; failed: number };
  ended: SomeEnded["ended"];
  failed: SomeEnded["failed"];
  /** Why the last try of a step failed; it is tried again. */
  trouble?: string | undefined;
}

/** So many desktops are named of each kind: a run is kept in the task hub, and shown as one answer. */
const mostNamed = 200;

export function runOfSessions({ workspace, username, reason }: SessionsOf & { reason: string }): EndedSessions {
  return { workspace, username, reason, of: null, counts: { ended: 0, failed: 0 }, ended: [], failed: [] };
}

/** The run after one more step. */
export function withEnded(run: EndedSessions, { ended, failed }: SomeEnded): EndedSessions {
  return {
    ...run,
    counts: { ended: run.counts.ended + ended.length, failed: run.counts.failed + failed.length },
    ended: [...run.ended, ...ended].slice(0, mostNamed),
    failed: [...run.failed, ...failed].slice(0, mostNamed),
    trouble: undefined,
  };
}

/** The host fails an orchestration whose status takes more than 16 KB as UTF-16; some room is left for how it writes it. */
const longestShown = 7_500;

/** The run as it is shown while it is under way: with as many names as fit, first of those that could not be asked for. */
export function shownOf(run: EndedSessions): EndedSessions {
  let room = longestShown - JSON.stringify({ ...run, ended: [], failed: [] }).length;
  const fits = (item: unknown) => {
    room -= JSON.stringify(item).length + 1;
    return room >= 0;
  };
  return { ...run, failed: run.failed.filter(fits), ended: run.ended.filter(fits) };
}
