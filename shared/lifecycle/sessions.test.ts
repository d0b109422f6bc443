import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type AroundHistory,
  countSessions,
  type CountedSessions,
  noSessions,
  type SessionHistory,
} from "./sessions.ts";

const noon = Date.parse("2026-06-15T12:00:00Z");
/** So many minutes after noon, which is now; before it where negative. */
const at = (minutes: number, milliseconds = 0) => new Date(noon + minutes * 60_000 + milliseconds).toISOString();

/** One session that began half an hour ago and has no end, and nothing known of Guacamole. */
const history: SessionHistory = { open: [at(-30)], lastStart: at(-30), lastEnd: null, lastAttempt: null };
const around: AroundHistory = {
  now: new Date(noon),
  startedAt: at(-60),
  guacamoleSince: null,
  active: null,
  unusedAt: [],
};

type Change = Partial<SessionHistory> & Partial<AroundHistory>;

function count(change: Change): CountedSessions {
  const { open, lastStart, lastEnd, lastAttempt } = { ...history, ...change };
  return countSessions({ open, lastStart, lastEnd, lastAttempt }, { ...around, ...change });
}

describe("a session without an end", () => {
  const alive = { open: [at(-30)], presumedEnd: null };
  const dead = (presumedEnd: string | null) => ({ open: [], presumedEnd });

  it.each<[string, Change, Partial<CountedSessions>]>([
    ["counts where nothing else is known", {}, { ...alive, active: false, readAt: at(0) }],
    ["counts where not even the desktop's start is known", { startedAt: null }, alive],

    ["was to the desktop's last run", { startedAt: at(-20) }, dead(null)],
    ["counts where it began before the start by no more than clocks differ", { startedAt: at(-25) }, alive],
    ["is dead where it began before the start by more", { startedAt: at(-25, 1) }, dead(null)],

    ["died with the Guacamole that held it: as of now", { guacamoleSince: at(-10) }, dead(at(0))],
    ["died with it when that was noticed", { guacamoleSince: at(-10), unusedAt: [at(-9)] }, dead(at(-9))],
    ["counts where Guacamole runs for longer", { guacamoleSince: at(-50) }, alive],
    ["counts where it began before Guacamole by no more than clocks differ", { guacamoleSince: at(-25) }, alive],
    ["is dead where it began before Guacamole by more", { guacamoleSince: at(-25, 1) }, dead(at(0))],
    [
      "died with Guacamole, though Guacamole has another now",
      { guacamoleSince: at(-10), active: [at(-5)] },
      dead(at(0)),
    ],
    ["says nothing of this run where it was to the last", { startedAt: at(-20), guacamoleSince: at(-10) }, dead(null)],

    ["counts while it is not older than a session may be", { longestMinutes: 25 }, alive],
    ["is dead where it is older than that, and clocks", { longestMinutes: 24 }, dead(at(0))],

    ["counts where Guacamole has a connection", { active: [at(-30)] }, { ...alive, active: true }],
    // A killed webapp leaves rows open for ever, and the tab comes back with a new row (measured, 1.6.0, November 2026).
    [
      "is dead where Guacamole has another connection, that of the tab that came back",
      { open: [at(-30), at(-10)], active: [at(-10)] },
      { open: [at(-10)], active: true, activeSince: at(-10), presumedEnd: at(0) },
    ],
    [
      "counts where Guacamole does not say since when it has its connection",
      { active: [null] },
      { ...alive, activeSince: null },
    ],
    ["is dead where Guacamole has no connection: as of now", { active: [] }, dead(at(0))],
    ["is dead since that was noticed", { active: [], unusedAt: [at(-5)] }, dead(at(-5))],
    ["is dead since that was noticed first", { active: [], unusedAt: [at(-20), at(-5)] }, dead(at(-20))],
    [
      "is dead as of now where nobody was seen only so early that, by another clock, it had not begun",
      { active: [], unusedAt: [at(-25)] },
      dead(at(0)),
    ],
    [
      "is dead since nobody was seen later than clocks differ",
      { active: [], unusedAt: [at(-25), at(-25, 1)] },
      dead(at(-25, 1)),
    ],
    ["was not noticed to be gone where Guacamole is not asked", { unusedAt: [at(-5)] }, alive],
    ["died with Guacamole, whoever says so", { guacamoleSince: at(-10), active: [] }, dead(at(0))],
    [
      "counts where it is too young for Guacamole's list",
      { open: [at(-2)], active: [] },
      { open: [at(-2)], presumedEnd: null },
    ],
    ["is old enough for Guacamole's list", { open: [at(-2, -1)], active: [] }, dead(at(0))],
  ])("%s", (_words, change, expected) => {
    expect(count(change)).toMatchObject(expected);
  });

  it("is judged by itself, and the last presumed end counts", () => {
    const open = [at(-30), at(-55), at(-1), at(-70)];
    const change = { open, guacamoleSince: at(-40), active: [], unusedAt: [at(-20)] };
    expect(count(change)).toMatchObject({ open: [at(-1)], presumedEnd: at(-20) });
    expect(count({ ...change, open: open.toReversed() })).toMatchObject({ open: [at(-1)], presumedEnd: at(-20) });
  });

  it("never ended before it began nor in the future, whatever else is known", () => {
    const past = fc.integer({ min: -90, max: 0 }).map((minutes) => at(minutes));
    const began = fc.integer({ min: -90, max: 90 }).map((minutes) => at(minutes));
    const unlessUnknown = fc.option(past, { nil: null });
    const anything = fc.record({
      startedAt: unlessUnknown,
      guacamoleSince: unlessUnknown,
      active: fc.constantFrom([null], [at(-30)], [], null),
      unusedAt: fc.array(past, { maxLength: 3 }).map((times) => times.sort()),
    });
    fc.assert(
      fc.property(began, anything, (start, known) => {
        const { open, presumedEnd } = count({ open: [start], lastStart: start, ...known });
        const now = at(0);
        for (const time of open) expect(time).toBe(start < now ? start : now);
        if (presumedEnd !== null) expect(presumedEnd >= start && presumedEnd <= now).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("a time in the history", () => {
  it.each<[string, Change, Partial<CountedSessions>]>([
    ["of none is none", noSessions, { open: [], lastStart: null, lastEnd: null, presumedEnd: null }],
    [
      "stays as it is",
      { lastStart: at(-30), lastEnd: at(-10), lastAttempt: at(-5) },
      { lastStart: at(-30), lastEnd: at(-10), lastAttempt: at(-5) },
    ],
    ["is now where an attempt lies ahead", { lastAttempt: at(10) }, { lastAttempt: at(0) }],
    ["may be now", { lastStart: at(0), lastEnd: at(0) }, { lastStart: at(0), lastEnd: at(0) }],
    ["is now where an end lies ahead", { lastEnd: at(0, 1) }, { lastEnd: at(0) }],
    ["is now where a start lies ahead", { lastStart: at(10) }, { lastStart: at(0) }],
    [
      "is now where an open session begins ahead",
      { open: [at(10)], lastStart: at(10) },
      { open: [at(0)], lastStart: at(0), presumedEnd: null },
    ],
    ["is now by a millisecond", { open: [at(0, 1)] }, { open: [at(0)] }],
    [
      "is now where Guacamole does not know yet of what begins ahead",
      { open: [at(10)], active: [], unusedAt: [at(-5)], guacamoleSince: at(0) },
      { open: [at(0)], presumedEnd: null },
    ],
  ])("%s", (_words, change, expected) => {
    expect(count(change)).toMatchObject(expected);
  });
});
