import { personId } from "../../shared/desktop/names.ts";
import {
  decideAdmission,
  type StartLimits,
  takesLastPlace,
  type Ticket,
  withAdmitted,
} from "../../shared/lifecycle/admission.ts";
import { admit } from "../../shared/person/admission.ts";
import type { DesktopRequest } from "../../shared/person/record.ts";
import type { Chance } from "./chance.ts";
import { minute, second } from "./faults.ts";
import type { Process, Timeline } from "./timeline.ts";
import { type Desktop, iso } from "./truth.ts";

/** Somebody whose start was admitted, and what was true at that moment. */
export interface Turn {
  username: string;
  waited: number;
  /** People who come first by the rule and waited too, and places that were free: these must be more. */
  ahead: number;
  free: number;
}

/** The queue of starts, and what happened in it. */
export interface QueueModel {
  /** Waits for the turn of a start, as the activity awaitAdmission and the wait between its looks do. */
  await(desktop: Desktop, request: DesktopRequest): Process;
  /** A start has ended, and its outcome is written. Whoever may start now is told. */
  ended(desktop: Desktop, wasLast: boolean): void;
  turns: readonly Turn[];
  /** The most starts at once, truly. */
  mostAtOnce: number;
  /** How often a start began for somebody of whom one was under way. */
  doubled: number;
  /** The longest time that somebody waited while a place was free. */
  longestIdle: number;
  /** How many wait now. */
  waiting(): number;
}

/** How many may start at once, and what is otherwise than in the product. */
export interface QueueRules {
  startsAtOnce: number;
  decideAdmission?: typeof decideAdmission;
  /** Nobody is told when a start ends. */
  tellsNobody?: boolean;
}

interface Options extends QueueRules {
  timeline: Timeline;
  chance: Chance;
  desktops: readonly Desktop[];
}

/** People who look again by themselves do it after that time at the latest. */
const soonest = 10 * second;
const latest = minute;
/** Who waited for so long goes before those who come back. */
const patience = 15 * minute;

export function createQueue({ timeline, chance, desktops, startsAtOnce, ...broken }: Options): QueueModel {
  const { now } = timeline;
  const decide = broken.decideAdmission ?? decideAdmission;
  const limits: StartLimits = { startsAtOnce, maxDesktops: null, running: new Map(), doubtful: new Set() };
  const byPerson = new Map(desktops.map((desktop) => [personId(desktop.username), desktop]));
  /** What is true: who waits, since when a place has been free for them, and whose start is under way. */
  const line = new Set<Desktop>();
  const starting = new Set<Desktop>();
  let freeSince: number | null = null;
  const told = new Set<Desktop>();
  const turns: Turn[] = [];
  const queue = { mostAtOnce: 0, doubled: 0, longestIdle: 0 };

  /** What the records say: whoever asks has a place at once, before anybody works on it. */
  const ticketsNow = (): Ticket[] =>
    desktops.flatMap(({ record, username }) =>
      record?.admission ? [{ ...record.admission, person: personId(username) }] : [],
    );

  function note(): void {
    const isIdle = line.size > 0 && starting.size < startsAtOnce;
    if (freeSince !== null) queue.longestIdle = Math.max(queue.longestIdle, now() - freeSince);
    if (!isIdle) freeSince = null;
    else freeSince ??= now();
  }

  /** The rule as the documentation has it. */
  function isAhead(one: Desktop, other: Desktop): boolean {
    const key = ({ record, username }: Desktop) => {
      const { since = "", returns = false } = record?.admission ?? {};
      const first = returns || now() - Date.parse(since) >= patience;
      return `${first ? 0 : 1} ${since} ${personId(username)}`;
    };
    return key(one) < key(other);
  }

  function begin(desktop: Desktop, since: string): void {
    line.delete(desktop);
    // Who came while the list was read is not in it.
    const listed = ({ record }: Desktop) => now() - Date.parse(record?.admission?.since ?? "") > second;
    const ahead = [...line].filter((each) => listed(each) && isAhead(each, desktop)).length;
    const waited = now() - Date.parse(since);
    turns.push({ username: desktop.username, waited, ahead, free: startsAtOnce - starting.size });
    if (starting.has(desktop)) queue.doubled += 1;
    starting.add(desktop);
    queue.mostAtOnce = Math.max(queue.mostAtOnce, starting.size);
    note();
  }

  function* look(desktop: Desktop, request: DesktopRequest): Process<number> {
    told.delete(desktop);
    const own = desktop.record?.admission;
    if (!own) return 0; // an earlier release wrote the record
    const listed = ticketsNow();
    yield Math.round(chance.between(5, 300)); // the list is old when it comes
    const person = personId(desktop.username);
    const admitting = withAdmitted(
      listed.filter((each) => each.person !== person),
      (each) => starting.has(byPerson.get(each) as Desktop),
    );
    const ticket = { ...own, person };
    const place = decide(ticket, admitting, limits, new Date(now()));
    if (!place.admitted) return Math.min(Math.max((place.place / startsAtOnce) * soonest, soonest), latest);
    const isLast = broken.tellsNobody !== true && takesLastPlace(ticket, admitting, limits, new Date(now()));
    begin(desktop, own.since);
    yield Math.round(chance.between(5, 200));
    const facts = { image: "image", startsAtOnce: null, maxDesktops: null };
    if (desktop.record) desktop.record = admit(desktop.record, request, facts, { at: iso(now()), isLast });
    return 0;
  }

  return {
    turns,
    get mostAtOnce() {
      return queue.mostAtOnce;
    },
    get doubled() {
      return queue.doubled;
    },
    get longestIdle() {
      note();
      return queue.longestIdle;
    },
    waiting: () => line.size,
    *await(desktop, request) {
      line.add(desktop);
      note();
      for (;;) {
        const again = yield* look(desktop, request);
        if (again === 0) return;
        for (let waited = 0; waited < again && !told.has(desktop); waited += second) yield second;
      }
    },
    ended(desktop, wasLast) {
      starting.delete(desktop);
      note();
      // Other starts end in a process that knows nothing of those who wait.
      if (!wasLast) return;
      const tickets = ticketsNow();
      for (const each of line) {
        const { admission } = each.record ?? {};
        if (!admission) continue;
        const own = { ...admission, person: personId(each.username) };
        if (decideAdmission(own, tickets, limits, new Date(now())).admitted) told.add(each);
      }
    },
  };
}
