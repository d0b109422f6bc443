import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { personId } from "../desktop/names.ts";
import {
  addStarts,
  describeImages,
  estimateStart,
  expectReady,
  type Start,
  type StartTimes,
  startKinds,
} from "./start-times.ts";

const now = new Date("2026-06-15T09:00:00Z");
const image = "example.org/desktop:1";
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1_000).toISOString();
const took = (...seconds: number[]): Start[] => seconds.map((each, index) => ({ at: ago(600 - index), seconds: each }));
const waited = (...seconds: number[]): Start[] => took(...seconds).map((each) => ({ ...each, waited: true }));

const start: fc.Arbitrary<Start> = fc.record(
  {
    // Many at the same time, and some that are too old.
    at: fc.oneof(fc.integer({ min: -5, max: 20 }), fc.integer({ min: 0, max: 20 * 24 * 3_600 })).map(ago),
    seconds: fc.integer({ min: 0, max: 900 }),
    kind: fc.constantFrom(...startKinds),
    waited: fc.constant(true),
    failed: fc.constant("ErrImagePull"),
    person: fc.constantFrom("p", "q", "r", "s"),
  },
  { requiredKeys: ["at", "seconds"] },
);
const startTimes = fc.dictionary(
  fc.oneof(fc.constantFrom("a", "b", "__proto__", "constructor"), fc.integer({ min: 0, max: 80 }).map(String)),
  fc.array(start, { maxLength: 60 }),
  { maxKeys: 70 },
);
const add = (times: StartTimes, more: StartTimes) => addStarts(times, more, now);

describe("starts that are added", () => {
  it("are the same whoever adds them, in whichever order", () => {
    fc.assert(
      fc.property(startTimes, startTimes, startTimes, (one, other, third) => {
        expect(add(one, other)).toEqual(add(other, one));
        expect(add(add(one, other), third)).toEqual(add(one, add(other, third)));
      }),
      { numRuns: 50 },
    );
  });

  it("are bounded: the newest 40 of each of the 50 images started last, 40 that waited and 3 that failed, none older than 14 days", () => {
    fc.assert(
      fc.property(startTimes, startTimes, (one, other) => {
        const all = add(one, other);
        expect(Object.keys(all).length).toBeLessThanOrEqual(50);
        for (const [name, starts] of Object.entries(all)) {
          expect(starts.length).toBeLessThanOrEqual(83);
          const older = starts.slice(0, -40);
          expect(older.every((each) => each.waited === true || each.failed !== undefined)).toBe(true);
          expect(older.filter((each) => each.failed !== undefined).length).toBeLessThanOrEqual(3);
          expect(starts).not.toHaveLength(0);
          expect(starts.every(({ at }) => at >= ago(14 * 24 * 3_600))).toBe(true);
          expect(starts.map(({ at }) => at)).toEqual(starts.map(({ at }) => at).sort());
          // What is left out is not newer than what is kept.
          const given = [one, other].flatMap((times) => (Object.hasOwn(times, name) ? (times[name] ?? []) : []));
          expect(given.filter(({ at }) => at > (starts.slice(-40)[0]?.at ?? "")).length).toBeLessThanOrEqual(
            starts.length,
          );
        }
      }),
      { numRuns: 50 },
    );
  });

  it("fit into one small object", () => {
    const words = "x".repeat(300);
    const starts: Start[] = Array.from({ length: 60 }, (_, index) => ({
      at: ago(index),
      seconds: 12.345,
      failed: words,
      person: personId(`person-${index}`),
    }));
    for (let index = 100; index < 150; index += 1)
      starts.push({ at: ago(index), seconds: 12.345, kind: "new-node", waited: true });
    const full = Object.fromEntries(Array.from({ length: 80 }, (_, index) => [`example.org/image-${index}:1`, starts]));
    // A ConfigMap holds at most 1 MiB.
    expect(JSON.stringify(add({}, full)).length).toBeLessThan(1_000_000);
  });
});

describe("an estimate", () => {
  it("needs five starts that went well, of the kind that is asked for", () => {
    const failed = took(1, 2, 3).map((each) => ({ ...each, failed: "ErrImagePull" }));
    expect(estimateStart({ [image]: [...took(4, 5, 6, 7), ...failed] }, image)).toBeUndefined();
    expect(estimateStart({ [image]: took(4, 5, 6, 7, 8) }, image)).toEqual({ half: 6, most: 8 });
    const mixed = [
      ...took(4, 5, 6, 7, 8),
      ...took(90, 91, 92, 93, 94).map((s) => ({ ...s, kind: "new-node" as const })),
    ];
    expect(estimateStart({ [image]: mixed }, image, "new-node")).toEqual({ half: 92, most: 94 });
    expect(estimateStart({ [image]: mixed }, image, "pulled")).toBeUndefined();
    expect(estimateStart({ [image]: mixed }, image)).toEqual({ half: 8, most: 94 });
    for (const other of ["example.org/other:1", "__proto__", "constructor"])
      expect(estimateStart({ [image]: mixed }, other)).toBeUndefined();
  });

  it("is a time within which half, and 95 %, of the starts were ready, and no shorter one is", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 5, maxLength: 40 }), (seconds) => {
        const estimate = estimateStart({ [image]: took(...seconds) }, image);
        if (!estimate) throw new Error("there are enough starts");
        const shareWithin = (limit: number) => seconds.filter((each) => each <= limit).length / seconds.length;
        const shareBelow = (limit: number) => seconds.filter((each) => each < limit).length / seconds.length;
        expect(shareWithin(estimate.half)).toBeGreaterThanOrEqual(0.5);
        expect(shareBelow(estimate.half)).toBeLessThan(0.5);
        expect(shareWithin(estimate.most)).toBeGreaterThanOrEqual(0.95);
        expect(shareBelow(estimate.most)).toBeLessThan(0.95);
      }),
    );
  });
});

describe("the time when somebody in the queue is likely to be ready", () => {
  const times = { [image]: waited(...Array<number>(10).fill(20)) };
  const moving = (startsAtOnce: number, underWay: (string | undefined)[] = [image], at = now) => ({
    ...{ at, startsAtOnce, underWay },
  });
  const middleOf = (expected: ReturnType<typeof expectReady>) =>
    expected ? (expected.fromSeconds + expected.toSeconds) / 2 : NaN;

  it.each([
    ["of one at a time, the first waits for a whole start before their own", 1, 1, 20 + 20],
    ["the fourth of two at a time waits for two", 4, 2, 40 + 20],
    ["the first of many at a time hardly waits", 1, 100, 20],
  ])("%s", (_, place, startsAtOnce, seconds) => {
    expect(Math.abs(middleOf(expectReady(place, image, moving(startsAtOnce), times, now)) - seconds)).toBeLessThan(1);
  });

  it("counts from when the queue was read", () => {
    const told = expectReady(4, image, moving(2, [image], new Date(ago(4))), times, now);
    expect(told).toEqual({ fromSeconds: (60 - 4) * 0.75, toSeconds: (60 - 4) * 1.25 });
    expect(expectReady(1, image, moving(2, [image], new Date(ago(90))), times, now)?.fromSeconds).toBe(0);
    // A clock that was put back makes nobody wait longer.
    expect(middleOf(expectReady(4, image, moving(2, [image], new Date(ago(-90))), times, now))).toBe(60);
  });

  it("follows the newest forty starts that waited, and of these the middle half", () => {
    const known = { [image]: waited(...Array<number>(40).fill(60), 1, 900, ...Array<number>(38).fill(20)) };
    expect(middleOf(expectReady(4, image, moving(2), known, now))).toBe(60);
  });

  it("depends on the images of those under way, as far as they are known", () => {
    const both = { ...times, slow: waited(...Array<number>(10).fill(60)), new: took(1, 2, 3) };
    expect(middleOf(expectReady(2, image, moving(2, [image, "slow"]), both, now))).toBe(40 + 20);
    expect(middleOf(expectReady(2, image, moving(2, ["slow", "new", undefined]), both, now))).toBeCloseTo(
      100 / 3 + 20,
      0,
    );
  });

  it("is not known before ten starts ended that waited, or if nothing is under way", () => {
    const nine = waited(...Array<number>(9).fill(20));
    const failed = { ...waited(20)[0], failed: "ErrImagePull" } as Start;
    // The first of a morning, which all began together.
    const first = took(...Array<number>(32).fill(60));
    for (const starts of [nine, [...first, ...nine], [...nine, failed]])
      expect(expectReady(1, image, moving(1), { [image]: starts }, now)).toBeUndefined();
    expect(expectReady(1, image, moving(1, []), times, now)).toBeUndefined();
  });

  it("is never earlier for somebody further behind", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 10 }), fc.nat(100), (seconds, atOnce) => {
        const known = { [image]: waited(...seconds) };
        const told = Array.from({ length: 200 }, (_, index) =>
          middleOf(expectReady(index + 1, image, moving(atOnce + 1), known, now)),
        );
        expect(told).toEqual(told.toSorted((one, other) => one - other));
      }),
      { numRuns: 20 },
    );
  });

  it("is known on the next morning by the last queue, whatever started since", () => {
    const evening = Array.from({ length: 60 }, (_, index) => ({ at: ago(60 - index), seconds: 3 }));
    const known = addStarts(times, { [image]: evening }, now);
    expect(known[image]).toHaveLength(50);
    expect(expectReady(4, image, moving(2), known, now)).toEqual({ fromSeconds: 45, toSeconds: 75 });
    expect(estimateStart(known, image)).toEqual({ half: 3, most: 3 });
  });
});

describe("the images of the last starts", () => {
  const ready = (seconds: number): Start => ({ at: ago(seconds), seconds: 10 });
  const failed = (seconds: number): Start => ({ at: ago(seconds), seconds: 1, failed: `no ${seconds}` });

  it("are those at fault first, with why and until when nobody tries, and how long the others take", () => {
    const times: StartTimes = {
      a: [90, 80, 70, 60, 50].map(ready),
      b: [ready(100), ...[90, 80, 70].map(failed)],
      c: [30, 20, 10].map(failed),
      d: [failed(90), ready(10), failed(5)],
    };
    const found = describeImages(times, now);
    expect(found.map(({ image, starts, failed: many }) => [image, starts, many])).toEqual([
      ["b", 4, 3],
      ["c", 3, 3],
      ["a", 5, 0],
      ["d", 3, 2],
    ]);
    expect(found.map(({ fault }) => fault)).toEqual([
      { reason: "no 70", until: undefined },
      { reason: "no 10", until: new Date(now.getTime() + 50_000).toISOString() },
      undefined,
      undefined,
    ]);
    expect(found[2]).toMatchObject({ estimate: { half: 10, most: 10 }, lastAt: ago(50) });
    expect(describeImages({ a: [] }, now)).toEqual([]);
  });
});
