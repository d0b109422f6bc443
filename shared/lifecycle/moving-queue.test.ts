import { expect, it } from "vitest";
import { addStarts, expectReady, type StartTimes } from "./start-times.ts";

interface QueueMorning {
  people: number;
  /** Everybody asks within this time. */
  withinSeconds: number;
  startsAtOnce: number;
  /** How long a start takes, by image. */
  images: Readonly<Record<string, readonly [least: number, most: number]>>;
  /** How much longer the first ones take, which all begin together. */
  coldFactor?: number;
  /** How long a place stays empty until the next one begins. */
  idleSeconds?: number;
}

const begun = Date.parse("2026-06-15T08:00:00Z");
const dateAt = (seconds: number) => new Date(begun + seconds * 1_000);
/** A list of the queue is so old when somebody reads their place. */
const oldSeconds = 2;
/** Everybody who waits looks so often. */
const looksEverySeconds = 5;

/** The same figures on every run, evenly from 0 to 1 (Park and Miller, "Random number generators", CACM 1988). */
function evenly(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

/** Lets a queue move, and returns how wrong the first time was that each person in it was told, and how many waited. */
function moveQueue(morning: QueueMorning) {
  const { people, withinSeconds, startsAtOnce, images, coldFactor = 1, idleSeconds = 0 } = morning;
  const random = evenly(20_260_615);
  const names = Object.keys(images);
  const free = Array.from({ length: startsAtOnce }, () => 0);
  const starts = Array.from({ length: people }, (_, index) => {
    const image = names[index % names.length] ?? "";
    const [least, most] = images[image] ?? [0, 0];
    const asks = (withinSeconds * index) / people;
    free.sort((one, other) => one - other);
    const begins = Math.max(asks, free[0] ?? 0);
    const takes = (least + (most - least) * random()) * (index < startsAtOnce ? coldFactor : 1);
    free[0] = begins + takes + idleSeconds;
    return { image, asks, begins, ends: begins + takes, waited: begins > asks };
  });
  const errors: number[] = [];
  const told = new Set<(typeof starts)[number]>();
  const ended = starts.toSorted((one, other) => one.ends - other.ends);
  let times: StartTimes = {};
  for (let now = oldSeconds; ended.length > 0; now += looksEverySeconds) {
    while (ended[0] && ended[0].ends <= now) {
      const { image, begins, ends, waited } = ended.shift() as (typeof starts)[number];
      times = addStarts(
        times,
        { [image]: [{ at: dateAt(ends).toISOString(), seconds: ends - begins, waited }] },
        dateAt(now),
      );
    }
    const read = now - oldSeconds;
    const underWay = starts.filter(({ begins, ends }) => begins <= read && ends > read).map(({ image }) => image);
    const queue = starts.filter(({ asks, begins }) => asks <= read && begins > read);
    for (const [index, start] of queue.entries()) {
      if (told.has(start) || start.begins <= now) continue;
      const moving = { at: dateAt(read), startsAtOnce, underWay };
      const expected = expectReady(index + 1, start.image, moving, times, dateAt(now));
      if (!expected) continue;
      told.add(start);
      const really = start.ends - now;
      errors.push(Math.abs((expected.fromSeconds + expected.toSeconds) / 2 - really) / really);
    }
  }
  errors.sort((one, other) => one - other);
  return {
    error: errors[Math.floor(errors.length * 0.9)] ?? NaN,
    told: errors.length,
    waited: starts.filter((each) => each.waited).length,
  };
}

it.each<[string, QueueMorning]>([
  ["200 at once", { people: 200, withinSeconds: 0, startsAtOnce: 32, images: { a: [15, 45] } }],
  ["starts that all take the same", { people: 200, withinSeconds: 0, startsAtOnce: 32, images: { a: [20, 21] } }],
  ["a cold beginning", { people: 200, withinSeconds: 0, startsAtOnce: 16, images: { a: [15, 30] }, coldFactor: 3 }],
  [
    "places that stay empty for a while",
    { people: 200, withinSeconds: 0, startsAtOnce: 32, images: { a: [15, 45] }, idleSeconds: 5 },
  ],
  [
    "several images",
    { people: 400, withinSeconds: 0, startsAtOnce: 32, images: { a: [10, 20], b: [40, 60], c: [20, 30] } },
  ],
  [
    "2,000 within five minutes",
    { people: 2_000, withinSeconds: 300, startsAtOnce: 64, images: { a: [15, 45] }, coldFactor: 2 },
  ],
  ["long starts", { people: 500, withinSeconds: 120, startsAtOnce: 64, images: { a: [60, 180] }, coldFactor: 1.5 }],
])("the time that people are told is less than half wrong for nine in ten: %s", (_, morning) => {
  const { error, told, waited } = moveQueue(morning);
  expect(error).toBeLessThan(0.5);
  // Most of those who wait are told a time: all but those who begin before it can be known.
  expect(told).toBeGreaterThan(waited / 2);
});
