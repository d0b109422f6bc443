import { clockToleranceMilliseconds } from "../../shared/lifecycle/sessions.ts";
import { minute, mostSkew, second, type Spell } from "./faults.ts";
import type { Simulation } from "./simulate.ts";
import { iso, later, type Life } from "./truth.ts";

/** A review waits some seconds for who has just come, and its steps are tried again. */
const reviewTime = minute;
/** A request may take so long, and whoever works on it is left alone. */
const requestTime = 4 * minute;

/** A desktop of which something was not as it must be. */
export interface Finding {
  username: string;
  at: string;
  rule: string;
  what: string;
}

/** What ends a desktop at the latest. */
type Bound = "idle" | "startGrace" | "leftOpen" | "longest";

export interface Audit {
  /** Taken down while somebody was connected, for another reason than the longest session. */
  cutOff: Finding[];
  /** The same where the row was removed, and no decision knew of it, or newer ones hide that: nobody could tell. */
  untellable: number;
  /** Stopped for the longest session before that was over, or before the time that was announced. */
  stoppedEarly: Finding[];
  /** Taken down sooner after its last use than it may be idle. */
  tooSoon: Finding[];
  /** Still there when it had to be gone. */
  overdue: Finding[];
  /** How many desktops could be compared with what ends them. */
  compared: Record<Bound, number>;
  /** People whom the longest session cut off. */
  stoppedInUse: number;
  /** Desktops near whose end no fault was, and by how much the last of them went after its limit. */
  undisturbed: number;
  latestMinutes: number;
}

/**
 * Compares what the reaper did with what was true. What it cannot know is allowed for: an end that was written by a clock
 * that is ahead counts from then (`toldUntil`), by one that is behind up to two minutes earlier; a fault moves what is due to
 * the first run after it; and who left only a row that nobody closed is missed from the run on that can tell, or never, where
 * nothing tells, and goes with the longest session.
 */
export function audit(simulation: Simulation): Audit {
  const { faults, limits, end } = simulation;
  const idle = limits.idleMinutes * minute;
  const dueOf = boundsOf(simulation);
  const { disturbances, firstCleanRun } = runsOf(simulation);
  const everyFault: Spell[] = [...disturbances, ...faults.timerLate, ...faults.crashes];
  const result: Audit = {
    cutOff: [],
    untellable: 0,
    stoppedEarly: [],
    tooSoon: [],
    overdue: [],
    compared: { idle: 0, startGrace: 0, leftOpen: 0, longest: 0 },
    stoppedInUse: 0,
    undisturbed: 0,
    latestMinutes: 0,
  };
  const finding = ({ username, end: ended }: Life, what: string): Finding => ({
    username,
    at: iso(ended?.at ?? end),
    rule: ended?.rule ?? "still runs",
    what,
  });

  function compareEnd(life: Life, { at, rule, cut }: NonNullable<Life["end"]>): void {
    if (rule === "longest-session") {
      if (cut.length > 0) result.stoppedInUse += 1;
      const least = iso(life.startedAt + limits.longestSessionMinutes * minute);
      // Where no run looked at it in all the time, nothing was announced either.
      const announced = later(life.announced ?? null, least);
      if (iso(at) < announced) result.stoppedEarly.push(finding(life, `announced for ${announced}`));
    } else if (cut.length > 0) {
      const hidden = cut.every(({ row, seen }) => row.gone && (!seen || life.sessionsAfterEmptied > 0));
      if (hidden) result.untellable += 1;
      else result.cutOff.push(finding(life, `${cut.length} connected`));
    } else if ((rule === "idle" || rule === "start-grace") && !life.emptied) {
      const limit = life.visited ? idle : limits.startGraceMinutes * minute;
      // A clock of Guacamole's that is behind makes a session's end look older. Who asks after the last look gets a new start.
      if (at < life.usedUntil + limit - mostSkew && at - life.usedUntil > second)
        result.tooSoon.push(finding(life, `used until ${iso(life.usedUntil)}`));
    }
  }

  function compareTime(life: Life): void {
    const due = dueOf(life);
    const meanwhile = (run: number) => life.asks.some((at) => at > run - requestTime && at < run + reviewTime);
    let run = firstCleanRun(due.at);
    while (run < end && meanwhile(run)) run = firstCleanRun(run + 1);
    if (run + reviewTime > end) return;
    result.compared[due.by] += 1;
    const goneAt = life.end?.at ?? Infinity;
    if (goneAt > run + reviewTime) result.overdue.push(finding(life, `${due.by}, due at ${iso(due.at)}`));
    else if (!overlaps(everyFault, due.at, goneAt)) {
      result.undisturbed += 1;
      result.latestMinutes = Math.max(result.latestMinutes, (goneAt - due.at) / minute);
    }
  }

  for (const life of simulation.estate.lives) {
    if (life.end) compareEnd(life, life.end);
    // How long a broken one stays is not a matter of who uses it.
    if (!life.broken) compareTime(life);
  }
  return result;
}

/** Which runs of the timer could do all that was to be done. */
function runsOf({ faults, configuration, reaper }: Simulation) {
  const away = faults.outages.filter(({ what }) => what !== "REST" || configuration.restAsked);
  /** While one of these lasts nothing is taken down. */
  const disturbances: Spell[] = configuration.restAsked ? [...away, ...faults.crashes] : away;
  const clean = reaper.runs.filter(({ at, full }) => !full && !overlaps(disturbances, at, at + reviewTime));
  const times = clean.map(({ at }) => at);
  const firstCleanRun = (from: number) => times[lowerBound(times, from)] ?? Infinity;
  return { disturbances, firstCleanRun };
}

/** When a desktop is due: it has to go at the first run after that which can do all that is to be done. */
function boundsOf(simulation: Simulation): (life: Life) => { at: number; by: Bound } {
  const { estate, faults, configuration, limits } = simulation;
  const { restAsked, instancesKnown } = configuration;
  const { disturbances, firstCleanRun } = runsOf(simulation);
  const idle = limits.idleMinutes * minute;
  const grace = limits.startGraceMinutes * minute;
  const faultsAround: Spell[] = [...disturbances, ...faults.crashes, ...faults.timerLate];

  /** From when on it is known that a row which was left open is no session; Infinity where nothing ever tells. */
  function toldAt(start: string, endedAt: number): number {
    if (restAsked) return endedAt + 2 * mostSkew; // it may look too new until then
    const surely = Date.parse(start) + clockToleranceMilliseconds;
    const told = estate.guacamole.oldestStarts.find(({ since }) => since !== null && since > surely);
    return instancesKnown && told ? Math.max(told.at, endedAt) : Infinity;
  }

  /**
   * When it is noticed, and noted, that nobody is connected any more: at the second run, where there is much to note. What
   * keeps the reaper from looking, or the desktop from being reaped, may make it begin anew.
   */
  function noticedAt(life: Life, limit: number): number {
    const notedAfter = (at: number) => firstCleanRun(firstCleanRun(at) + 1);
    const spells = life.kept ? [...faultsAround, life.kept] : faultsAround;
    let from = notedAfter(Math.max(...life.leftOpen.map(({ start }) => toldAt(start, life.toldUntil))));
    for (;;) {
      const spell = spells.find((each) => each.to > from && each.from <= from + limit + minute);
      if (!spell) return from;
      from = notedAfter(spell.to);
    }
  }

  return (life) => {
    const kept = life.kept?.to ?? 0;
    const longest = Math.max(life.startedAt + limits.longestSessionMinutes * minute, kept);
    if (life.sessions.size > 0 || life.emptied) return { at: longest, by: "longest" };
    const limit = life.looksVisited ? Math.max(idle, grace) : life.visited ? idle : grace;
    const leftOpen = life.leftOpen.length > 0;
    const from = leftOpen ? noticedAt(life, limit) : life.toldUntil;
    const at = Math.max(from + limit, kept);
    if (leftOpen) return { at: Math.min(at, longest), by: "leftOpen" };
    if (at >= longest) return { at: longest, by: "longest" };
    return { at, by: life.visited || life.looksVisited ? "idle" : "startGrace" };
  };
}

function overlaps(spells: readonly Spell[], from: number, to: number): boolean {
  return spells.some((spell) => spell.from <= to && spell.to >= from);
}

/** The place of the first number that is not smaller. */
function lowerBound(sorted: readonly number[], least: number): number {
  let low = 0;
  for (let high = sorted.length; low < high;) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < least) low = middle + 1;
    else high = middle;
  }
  return low;
}
