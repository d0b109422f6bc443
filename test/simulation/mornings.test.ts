import { describe, expect, it } from "vitest";
import { decideAdmission, type Place, type Ticket } from "../../shared/lifecycle/admission.ts";
import { audit } from "./audit.ts";
import { hour, minute } from "./faults.ts";
import type { QueueRules } from "./queue-model.ts";
import { type Configuration, prepare } from "./simulate.ts";

/** On ten workdays two in three of those who come log in within ten minutes, and three of them may start at once. */
const morning = { share: 0.67, fromHour: 8 + 55 / 60, minutes: 10, startsAtOnce: 3 };
const usual: Configuration = { seed: 21, instancesKnown: true, restAsked: true, desktops: 200 };

interface Mornings {
  mostAtOnce: number;
  doubled: number;
  /** Who started although as many others had to start first as there were places. */
  overtook: string[];
  /** Minutes. */
  longestWait: number;
  longestIdle: number;
  /** Who waits for an hour, in the end. */
  left: string[];
  starts: number;
  waited: number;
}

function play(
  rules: Partial<QueueRules> = {},
  { seed = usual.seed, hours = 14 * 24 } = {},
): Mornings & { reaping: ReturnType<typeof audit> } {
  const simulation = prepare({ ...usual, seed, morning: { ...morning, ...rules } });
  const end = simulation.start + hours * hour;
  simulation.play(end);
  const { queue, desktops } = simulation.estate;
  if (!queue) throw new Error("nobody waits in this simulation");
  const { turns } = queue;
  return {
    mostAtOnce: queue.mostAtOnce,
    doubled: queue.doubled,
    overtook: turns.filter(({ ahead, free }) => ahead >= free).map(({ username }) => username),
    longestWait: Math.max(...turns.map(({ waited }) => waited)) / minute,
    longestIdle: queue.longestIdle / minute,
    left: desktops.flatMap(({ record, username }) =>
      record?.admission && end - Date.parse(record.admission.since) > hour ? [username] : [],
    ),
    starts: turns.length,
    waited: turns.filter(({ waited }) => waited > minute).length,
    reaping: audit(simulation),
  };
}

/** The first Monday until noon. */
const monday = { hours: 12 };
const clean = { doubled: 0, overtook: [], left: [] };
const manySeconds = 60_000;

describe("two weeks with mornings on which 60 people log in within ten minutes, and 3 may start at once", () => {
  it.each([21, 22, 23])(
    "everybody gets one desktop in their turn, and nobody waits while a place is free, with seed %i",
    (seed) => {
      const found = play({}, { seed });
      expect(found).toMatchObject(clean);
      expect(found.mostAtOnce).toBe(morning.startsAtOnce);
      // Some 60 people, 3 at once, of whom each takes up to 3 minutes.
      expect(found.longestWait).toBeGreaterThan(15);
      expect(found.longestWait).toBeLessThan(45);
      // Whoever was not told looks within a minute.
      expect(found.longestIdle).toBeLessThan(1.1);
      expect(found.starts).toBeGreaterThan(700);
      expect(found.waited).toBeGreaterThan(300);
      // Who waited long for their desktop has as much time to connect as everybody else.
      expect(found.reaping).toMatchObject({ cutOff: [], stoppedEarly: [], tooSoon: [], overdue: [] });
    },
    manySeconds,
  );

  it("who is told by nobody gets theirs by looking, later", () => {
    const found = play({ tellsNobody: true }, monday);
    expect(found).toMatchObject(clean);
    expect(found.longestWait).toBeGreaterThan(play({}, monday).longestWait);
  });

  const admitted: Place = { admitted: true };
  const starting = (tickets: readonly Ticket[]) => tickets.filter(({ state }) => state === "admitted").length;

  it.each<[keyof Mornings, string, typeof decideAdmission]>([
    [
      "mostAtOnce",
      "lets one more start",
      (own, tickets, limits, now) =>
        decideAdmission(own, tickets, { ...limits, startsAtOnce: limits.startsAtOnce + 1 }, now),
    ],
    [
      "overtook",
      "gives a free place to whoever looks first",
      (own, tickets, limits, now) =>
        starting(tickets) < limits.startsAtOnce ? admitted : decideAdmission(own, tickets, limits, now),
    ],
    [
      "overtook",
      "lets the last one start first",
      (own, tickets, limits, now) => {
        const backwards = (each: Ticket) => ({ ...each, since: new Date(2e12 - Date.parse(each.since)).toISOString() });
        return decideAdmission(backwards(own), tickets.map(backwards), limits, now);
      },
    ],
    [
      "longestWait",
      "lets those who come back go first, however long others wait",
      (own, tickets, limits, now) => {
        const impatient = (each: Ticket) => ({ ...each, returns: Date.parse(each.since) % 3 === 0 });
        return decideAdmission(impatient(own), tickets.map(impatient), limits, new Date(now.getTime() - 60 * minute));
      },
    ],
    [
      "left",
      "forgets who waited for a quarter of an hour",
      (own, tickets, limits, now) =>
        now.getTime() - Date.parse(own.since) > 15 * minute
          ? { admitted: false, place: 1, of: 1, because: "starts" }
          : decideAdmission(own, tickets, limits, now),
    ],
  ])("shows as %s where the decision %s", (kind, _words, broken) => {
    expect(play({ decideAdmission: broken }, monday)[kind]).not.toEqual(play({}, monday)[kind]);
  });
});
