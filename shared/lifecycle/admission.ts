import type { Admission } from "../person/record.ts";

/** Somebody whose desktop is to be brought up. */
export interface Ticket extends Admission {
  /** Stands for the person. */
  person: string;
}

/** True if both say the same of the person's place. */
export function isSameTicket(one: Ticket | undefined, other: Ticket): boolean {
  return one !== undefined && partsOfPlace.every((part) => one[part] === other[part]);
}

const partsOfPlace = [
  "person",
  "state",
  "since",
  "workspace",
  "returns",
  "image",
  "startsAtOnce",
  "maxDesktops",
  "suspendedAt",
] as const;

/** What bounds the starts. */
export interface StartLimits {
  /** Desktops that start at once in the cluster. */
  startsAtOnce: number;
  /** People in the cluster whose desktops run or start; null: as many as fit. */
  maxDesktops: number | null;
  /** In which workspaces desktops run, by person; needed only if a maximum is set. */
  running: ReadonlyMap<string, readonly string[]>;
  /** Images that did not start the last times: one start at a time shows if they are well again. */
  doubtful: ReadonlySet<string>;
}

/** What somebody waits for: that another start ends, a desktop goes down, or the image is tried by somebody else. */
export const obstacles = ["starts", "workspace-starts", "desktops", "workspace-desktops", "image"] as const;
export type Obstacle = (typeof obstacles)[number];

export type Place = { admitted: true } | { admitted: false; place: number; of: number; because: Obstacle };

/** Who waited so long goes before people who come back: nobody waits for ever. */
const longestWaitMilliseconds = 15 * 60_000;

/**
 * Where each person stands who waits, in order: as many are admitted as the limits allow beside those who were admitted
 * before. What only some wait for, their workspace or image, does not hold up those behind them, and they do not count
 * for these others' places.
 */
export function decideAdmissions(
  tickets: readonly Ticket[],
  limits: StartLimits,
  now: Date,
): ReadonlyMap<string, Place> {
  const starts = countStarts(limits);
  const waiting = inTurn(tickets, now);
  const begin = (ticket: Ticket) => {
    if (!hangs(ticket, now)) starts.add(ticket);
  };
  for (const ticket of tickets) if (ticket.state === "admitted") begin(ticket);

  const places = new Map<string, Place>();
  const held: { person: string; pool: string; place: number; because: Obstacle }[] = [];
  const inPool = new Map<string, number>();
  const ofPool = (pool: string) => (inPool.get(everybody) ?? 0) + (pool === everybody ? 0 : (inPool.get(pool) ?? 0));
  for (const ticket of waiting) {
    const { person } = ticket;
    const because = starts.obstacleOf(ticket);
    if (because) {
      const pool = poolOf(ticket, because);
      add(inPool, pool);
      held.push({ person, pool, place: ofPool(pool), because });
    } else {
      places.set(person, { admitted: true });
      begin(ticket);
    }
  }
  for (const { person, pool, place, because } of held)
    places.set(person, { admitted: false, place, of: ofPool(pool), because });
  return places;
}

/** Who starts, those who began first before the others, and who waits, in their order. */
export function lineUp(tickets: readonly Ticket[], now: Date): { starting: Ticket[]; waiting: Ticket[] } {
  const begun = ({ admittedAt, since }: Ticket) => admittedAt ?? since;
  const starting = tickets
    .filter(({ state }) => state === "admitted")
    .sort((one, other) => compare(begun(one), begun(other)) || compare(one.person, other.person));
  return { starting, waiting: inTurn(tickets, now) };
}

/** The same for one person, whose ticket takes the place of the one that is listed. */
export function decideAdmission(own: Ticket, tickets: readonly Ticket[], limits: StartLimits, now: Date): Place {
  const all = [...tickets.filter(({ person }) => person !== own.person), own];
  return decideAdmissions(all, limits, now).get(own.person) ?? { admitted: true };
}

/** True if this start, admitted beside these, takes the last place: the next like it has to wait. */
export function takesLastPlace(own: Ticket, tickets: readonly Ticket[], limits: StartLimits, now: Date): boolean {
  const next: Ticket = { ...own, person: `after ${own.person}`, state: "waiting" };
  const all: Ticket[] = [...tickets.filter(({ state }) => state === "admitted"), { ...own, state: "admitted" }];
  return !decideAdmission(next, all, limits, now).admitted;
}

/** The tickets as they are when those are admitted whose admission is being written, which a list may not show yet. */
export function withAdmitted(tickets: readonly Ticket[], isAdmitted: (person: string) => boolean): Ticket[] {
  return tickets.map((ticket) => (isAdmitted(ticket.person) ? { ...ticket, state: "admitted" } : ticket));
}

const everybody = "";

/** Stands for those who wait for the same. */
function poolOf({ workspace, image = "" }: Ticket, because: Obstacle): string {
  if (because === "image") return `image ${image}`;
  return because === "starts" || because === "desktops" ? everybody : `workspace ${workspace}`;
}

/**
 * Longer than anybody waits in the queue, and than a start takes: the work hangs. It takes nobody's turn, and neither does
 * work that somebody suspended by hand, or that is silent.
 */
const hangingMilliseconds = (2 * 60 + 10) * 60_000;

function hangs({ state, since, admittedAt, suspendedAt }: Ticket, now: Date): boolean {
  if (suspendedAt !== undefined) return true;
  const from = state === "admitted" ? (admittedAt ?? since) : since;
  return now.getTime() - Date.parse(from) > hangingMilliseconds;
}

/** Counts who starts and runs. Whose desktop runs already needs no more room in the cluster. */
function countStarts({ startsAtOnce, maxDesktops, running, doubtful }: StartLimits) {
  const starting = new Map<string, number>();
  const startingImages = new Map<string, number>();
  const there = new Map<string, number>();
  let allStarting = 0;
  let all = running.size;
  for (const workspaces of running.values()) for (const workspace of workspaces) add(there, workspace);
  const runs = ({ person, workspace }: Ticket) => running.get(person)?.includes(workspace) ?? false;

  return {
    add(ticket: Ticket): void {
      allStarting += 1;
      add(starting, ticket.workspace);
      if (ticket.image !== undefined) add(startingImages, ticket.image);
      if (!running.has(ticket.person)) all += 1;
      if (!runs(ticket)) add(there, ticket.workspace);
    },
    obstacleOf(ticket: Ticket): Obstacle | null {
      const { person, workspace, image = "" } = ticket;
      if (doubtful.has(image) && (startingImages.get(image) ?? 0) > 0) return "image";
      if (isReached(ticket.startsAtOnce, starting.get(workspace) ?? 0)) return "workspace-starts";
      if (isReached(ticket.maxDesktops, there.get(workspace) ?? 0) && !runs(ticket)) return "workspace-desktops";
      if (isReached(maxDesktops, all) && !running.has(person)) return "desktops";
      return allStarting >= startsAtOnce ? "starts" : null;
    },
  };
}

/** Who waits: people who come back or waited long, then the others, each by waiting time. */
function inTurn(tickets: readonly Ticket[], now: Date): Ticket[] {
  const waiting = tickets.filter(({ state }) => state === "waiting");
  const first = new Set(
    waiting.filter(({ since, returns }) => returns || now.getTime() - Date.parse(since) >= longestWaitMilliseconds),
  );
  const rank = (ticket: Ticket) => (first.has(ticket) ? 0 : 1);
  return waiting.sort((one, other) => rank(one) - rank(other) || bySince(one, other));
}

/** By waiting time; of those who came at once, an order that everybody computes alike. A list in this order is quick to line up. */
export function bySince(one: Ticket, other: Ticket): number {
  return compare(one.since, other.since) || compare(one.person, other.person);
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function isReached(limit: number | null | undefined, count: number): boolean {
  return typeof limit === "number" && count >= limit;
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
