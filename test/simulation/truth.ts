import type { PersonRecord } from "../../shared/person/record.ts";

/** The one workspace of the simulated estate. */
export const workspace = "cohort";

export const iso = (at: number): string => new Date(at).toISOString();

/** One process of Guacamole's web application, with a clock of its own. */
export interface Instance {
  up: boolean;
  since: number;
  /** How far its clock is ahead of the true time; behind where negative. */
  skew: number;
  sessions: Set<Session>;
}

/** A row of Guacamole's history that has no end. */
export interface Row {
  start: string;
  /** Somebody emptied the table: it is there no more. */
  gone: boolean;
}

/** Somebody who is, or was, truly connected. */
export interface Session {
  life: Life;
  instance: Instance;
  row: Row;
  open: boolean;
  /** From when on Guacamole shows it as an active connection. */
  listedAt: number;
  /** Some decision knew of it. */
  seen: boolean;
  /** What its person does when it is cut. */
  onCut?: () => void;
}

/** A desktop from its start to its end, as it truly was. */
export interface Life {
  username: string;
  startedAt: number;
  /** The same, as it is noted. */
  started: string;
  readyAt: number | null;
  sessions: Set<Session>;
  /** Somebody was connected, once. */
  visited: boolean;
  /** When somebody was truly there last: a start, a login, a session. */
  usedUntil: number;
  /** The same as Guacamole's clock told it, where that was ahead. */
  toldUntil: number;
  /** When somebody was truly connected last. */
  connectedUntil: number | null;
  /** When the person asked for it, while it ran. */
  asks: number[];
  /** Rows into which nobody will write an end. */
  leftOpen: Row[];
  /** Sessions of the life before are so near that they may be taken for this one's. */
  looksVisited: boolean;
  /** Rows were removed while it ran, and so many sessions began after. */
  emptied: boolean;
  sessionsAfterEmptied: number;
  /** The container does not work any more. */
  broken: boolean;
  kept: { from: number; to: number } | undefined;
  /** Until when it may run at least, by the last word about it. */
  announced: string | undefined;
  end: { at: number; rule: string; cut: readonly Session[] } | undefined;
}

/** A person with their desktop, as cluster, Guacamole's database and request store hold them. */
export interface Desktop {
  username: string;
  life: Life | undefined;
  ready: boolean;
  permitted: boolean;
  history: { open: Row[]; lastStart: string | null; lastEnd: string | null; lastAttempt: string | null };
  record: PersonRecord | undefined;
  /** Somebody works on it: the person's lock. */
  busy: boolean;
}

/** The later of two times; null is before everything. */
export const later = (one: string | null, other: string): string => (one !== null && one > other ? one : other);
