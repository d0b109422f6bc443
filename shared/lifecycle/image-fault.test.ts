import fc from "fast-check";
import { expect, it } from "vitest";
import { addStarts, doubtfulImages, imageFault, type Start } from "./start-times.ts";

const now = new Date("2026-06-15T09:10:00Z");
const ended = (second: number, failed?: string): Start => ({
  at: new Date(now.getTime() - 60_000 + second * 1_000).toISOString(),
  seconds: 5,
  ...(failed !== undefined && { failed }),
});
const threeTimes = [ended(10, "not found"), ended(11, "not found"), ended(12, "manifest unknown")];

it.each<[string, Start[], { isDoubtful: boolean; reason?: string; until?: string }]>([
  ["never started", [], { isDoubtful: false }],
  ["failed twice", threeTimes.slice(1), { isDoubtful: false }],
  [
    "failed three times",
    threeTimes,
    { isDoubtful: true, reason: "manifest unknown", until: "2026-06-15T09:10:12.000Z" },
  ],
  ["started in between", [...threeTimes.slice(1), ended(13), ended(14, "not found")], { isDoubtful: false }],
  ["started since", [...threeTimes, ended(13)], { isDoubtful: false }],
  ["failed one person three times", threeTimes.map((each) => ({ ...each, person: "p" })), { isDoubtful: false }],
  ["rested since", [ended(-5, "x"), ended(-3, "x"), ended(0, "x")], { isDoubtful: true }],
])("an image that %s", (_, starts, { isDoubtful, reason, until }) => {
  const times = { own: starts, other: [ended(15)] };
  expect(imageFault(times, "own", now)).toEqual(reason === undefined ? null : { reason, until });
  expect(doubtfulImages(times)).toEqual(new Set(isDoubtful ? ["own"] : []));
  expect(imageFault(times, "other", now)).toBeNull();
});

it("an image that failed before the clock was put back by an hour is tried at once, and is well once it started", () => {
  const before = { own: threeTimes.map((each) => ({ ...each, at: each.at.replace("T09:", "T10:") })) };
  const known = addStarts(before, {}, now);
  expect(imageFault(known, "own", now)).toBeNull();
  expect(doubtfulImages(addStarts(known, { own: [ended(13)] }, now))).toEqual(new Set());
});

it("an image is in doubt once three people's starts failed since one was ready, however often each of them tried", () => {
  const tries = fc.array(
    fc.record({
      person: fc.constantFrom("p", "q", "r", "s"),
      // Some try far more often than starts are kept.
      times: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 60 })),
      fails: fc.oneof(fc.constant(true), fc.constant(true), fc.boolean()),
    }),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(tries, fc.integer({ min: 1, max: 50 }), (given, atOnce) => {
      const all = given.flatMap(({ person, times, fails }) =>
        Array<{ person: string; fails: boolean }>(times).fill({ person, fails }),
      );
      const starts = all.map(({ person, fails }, index) =>
        fails ? { ...ended(index - all.length, "not found"), person } : ended(index - all.length),
      );
      let known = {};
      for (let from = 0; from < starts.length; from += atOnce)
        known = addStarts(known, { own: starts.slice(from, from + atOnce) }, now);
      const lastReady = all.findLastIndex(({ fails }) => !fails);
      const people = new Set(all.slice(lastReady + 1).map(({ person }) => person));
      expect(doubtfulImages(known).has("own")).toBe(people.size >= 3);
    }),
  );
});
