import { type Chance, chanceOf } from "./chance.ts";

export const second = 1_000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;
/** How often the timer is meant to fire: REAP_SCHEDULE as it comes. */
export const interval = 5 * minute;
/** No clock of Guacamole's is further from the true time than this. */
export const mostSkew = 2 * minute;

/** A time in which something did not work, or was not to be done. */
export interface Spell {
  from: number;
  to: number;
}

/** What can be away: the database altogether, or only for us; Guacamole's REST API; bindings; the switch; or paused by hand. */
export const outages = ["database", "database link", "REST", "bindings", "switch", "paused"] as const;
export type Outage = (typeof outages)[number];

/** All that is to go wrong in a run, known beforehand. */
export interface FaultPlan {
  outages: (Spell & { what: Outage })[];
  /** Of which instances of Guacamole the processes die, and when they are back. */
  crashes: (Spell & { instances: readonly number[] })[];
  /** When somebody empties Guacamole's history. */
  emptied: readonly number[];
  /** When the timer really fires, early ones of a pair included. */
  timers: readonly number[];
  /** When it should have fired, and how long it did not. */
  timerLate: readonly Spell[];
}

/** How long each kind lasts, and how long it is good in between. */
const habits: Record<Outage, { every: number; from: number; to: number }> = {
  database: { every: 40 * hour, from: 2 * minute, to: 3 * hour },
  "database link": { every: 40 * hour, from: 2 * minute, to: 4 * hour },
  REST: { every: 40 * hour, from: 2 * minute, to: 2 * hour },
  bindings: { every: 50 * hour, from: 2 * minute, to: hour },
  switch: { every: 80 * hour, from: minute, to: hour },
  paused: { every: 100 * hour, from: hour, to: 5 * hour },
};

export function planFaults(seed: number, start: number, days: number, emptied: boolean): FaultPlan {
  const end = start + days * day;
  const chance = (purpose: string) => chanceOf(seed, `faults: ${purpose}`);
  const crashing = chance("crashes");
  return {
    outages: outages.flatMap((what) => {
      const { every, from, to } = habits[what];
      const own = chance(what);
      return spells(own, start, end, every, () => own.spread(from, to)).map((spell) => ({ ...spell, what }));
    }),
    crashes: spells(crashing, start, end, 16 * hour, () => crashing.spread(minute, 20 * minute)).flatMap((spell) => {
      const instances = crashing.pick([[0], [0, 1], [0, 1], [1]]);
      if (instances[0] === 0) return [{ ...spell, instances }];
      // One after the other, as when they are updated.
      const from = Math.round(spell.to + crashing.spread(minute, 3 * hour));
      return [
        { ...spell, instances },
        { from, to: Math.round(from + 2 * minute), instances: [0] },
      ];
    }),
    // On a few afternoons, while most people are connected.
    emptied: emptied ? [1, 4, 8, 10].map((days) => start + days * day + chance(`${days}`).between(13, 15) * hour) : [],
    ...planTimers(chance("timers"), start, end),
  };
}

function spells(chance: Chance, start: number, end: number, every: number, lasts: () => number): Spell[] {
  const found: Spell[] = [];
  for (let at = start; ;) {
    const from = at + chance.between(0.2, 1.8) * every;
    const to = from + lasts();
    if (to >= end) return found;
    found.push({ from: Math.round(from), to: Math.round(to) });
    at = to;
  }
}

/** Every five minutes; at times late, twice, not at all for some hours, and once not for a whole day. */
function planTimers(chance: Chance, start: number, end: number): Pick<FaultPlan, "timers" | "timerLate"> {
  const gaps: Spell[] = [];
  for (const share of [0.2, 0.5, 0.8]) {
    const from = start + share * (end - start) + chance.between(0, day);
    gaps.push({ from, to: from + (share === 0.5 ? day : chance.between(1, 5) * hour) });
  }
  const timers: number[] = [];
  const timerLate: Spell[] = [];
  for (let planned = start + interval; planned < end; planned += interval) {
    if (gaps.some(({ from, to }) => planned >= from && planned < to)) continue;
    const late = chance.happens(0.06) ? chance.between(minute, 4 * minute) : chance.between(0, second);
    const at = Math.round(planned + late);
    if (late > second) timerLate.push({ from: planned, to: at });
    timers.push(at);
    if (chance.happens(0.04)) timers.push(Math.round(at + chance.between(0.3, 4) * second));
  }
  for (const { from, to } of gaps) timerLate.push({ from, to: timers.find((at) => at >= to) ?? end });
  return { timers, timerLate };
}
