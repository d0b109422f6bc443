import fc from "fast-check";
import { describe, expect, it } from "vitest";
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
/** The same, one after the other; the last one ended some time ago. */
function inTurn(...seconds: number[]): Start[] {
  let at = 100 + seconds.reduce((sum, each) => sum + each, 0);
  return seconds.map((each) => ({ at: ago((at -= each)), seconds: each }));
}

const start: fc.Arbitrary<Start> = fc.record(
  {
    // Many at the same time, and some that are too old.
    at: fc.oneof(fc.integer({ min: -5, max: 20 }), fc.integer({ min: 0, max: 20 * 24 * 3_600 })).map(ago),
    seconds: fc.integer({ min: 0, max: 900 }),
    kind: fc.constantFrom(...startKinds),
    failed: fc.constant("ErrImagePull"),
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

  it("are bounded: the newest 40 of each of the 50 images started last, none older than 14 days", () => {
    fc.assert(
      fc.property(startTimes, startTimes, (one, other) => {
        const all = add(one, other);
        expect(Object.keys(all).length).toBeLessThanOrEqual(50);
        for (const [name, starts] of Object.entries(all)) {
          expect(starts.length).toBeLessThanOrEqual(40);
          expect(starts).not.toHaveLength(0);
          expect(starts.every(({ at }) => at >= ago(14 * 24 * 3_600))).toBe(true);
          expect(starts.map(({ at }) => at)).toEqual(starts.map(({ at }) => at).sort());
          // What is left out is not newer than what is kept.
          const given = [one, other].flatMap((times) => (Object.hasOwn(times, name) ? (times[name] ?? []) : []));
          expect(given.filter(({ at }) => at > (starts[0]?.at ?? "")).length).toBeLessThanOrEqual(starts.length);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("fit into one small object", () => {
    const words = "x".repeat(300);
    const starts = Array.from({ length: 60 }, (_, index) => ({ at: ago(index), seconds: 12.345, failed: words }));
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
  const times = { [image]: inTurn(20, 20, 20, 20, 20, 20, 40) };
  const since = (...seconds: number[]) => seconds.map((each) => ({ image, admittedAt: ago(each) }));
  const all = (underWay: ReturnType<typeof since>) => ({ underWay, startsAtOnce: underWay.length });
  const middle = (place: number, underWay: ReturnType<typeof since>) => {
    const { fromSeconds, toSeconds } = expectReady(place, image, all(underWay), times, now) ?? {
      fromSeconds: NaN,
      toSeconds: NaN,
    };
    expect(fromSeconds).toBeLessThanOrEqual(toSeconds);
    return (fromSeconds + toSeconds) / 2;
  };

  it.each([
    ["the first waits for the start that ends first", 1, since(5, 15, 10), 5 + 20],
    ["the last of a round for the one that ends last", 3, since(5, 15, 10), 15 + 20],
    ["the next one for the first of this round", 4, since(5, 15, 10), 5 + 20 + 20],
    ["one that takes long is likely to end between now and the time of the slowest", 1, since(30), 5 + 20],
    ["one that takes longer than all ended before ends at any moment", 1, since(100), 20],
    ["a clock that was put back makes no start longer", 1, since(-1_000), 20 + 20],
  ])("%s", (_, place, underWay, seconds) => {
    expect(Math.abs(middle(place, underWay) - seconds)).toBeLessThanOrEqual(1);
  });

  it("counts those who may start and are not admitted yet", () => {
    const told = expectReady(2, image, { underWay: since(10), startsAtOnce: 3 }, times, now);
    // The one under way ends in 10 s, and the two beside it in 20 s.
    expect(told).toEqual({ fromSeconds: 30, toSeconds: 50 });
  });

  it("follows the newest twenty starts: the first of a morning take longer", () => {
    const morning = { [image]: inTurn(...Array<number>(20).fill(60), ...Array<number>(20).fill(20)) };
    const told = expectReady(1, image, all(since(10)), morning, now);
    expect(told).toEqual({ fromSeconds: 22, toSeconds: 38 });
  });

  it("one that hangs holds up nobody: the others end meanwhile", () => {
    const slow = { [image]: inTurn(...Array<number>(19).fill(20), 900, 900) };
    expect(middle(3, since(20, 20, 10))).toBeLessThanOrEqual(50);
    const told = expectReady(4, image, all(since(30, 10)), slow, now);
    // (900 - 30) / 2 s are left of the first: all four wait for the second, which ends every 20 s.
    expect(told).toEqual({ fromSeconds: Math.floor(90 * 0.75), toSeconds: Math.ceil(90 * 1.25) });
  });

  it("is not known before five starts that followed another one, or if nothing is under way", () => {
    expect(expectReady(1, image, all(since(5)), { [image]: inTurn(1, 2, 3, 4, 5) }, now)).toBeUndefined();
    expect(expectReady(1, image, { underWay: [], startsAtOnce: 1 }, times, now)).toBeUndefined();
    // The first of a morning, which all began together.
    expect(expectReady(1, image, all(since(5)), { [image]: took(...Array<number>(32).fill(60)) }, now)).toBeUndefined();
  });

  it("is never earlier for somebody further behind", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 64 }), (elapsed) => {
        const told = Array.from({ length: 200 }, (_, index) => middle(index + 1, since(...elapsed)));
        expect(told).toEqual(told.toSorted((one, other) => one - other));
      }),
      { numRuns: 20 },
    );
  });

  it("is less than half wrong for nine in ten of 2,000 people, 64 at once, whose starts take 15 to 45 seconds", () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.integer({ min: 15, max: 45 })), (durations) => {
        const next = () => durations.next().value as number;
        const underWay = Array.from({ length: 64 }, () => ({ begun: fromNow(next), takes: next() }));
        const ends = underWay.map(({ begun, takes }) => Math.max(begun + takes, 0));
        const known = { [image]: inTurn(...Array.from({ length: 40 }, next)) };
        const tickets = underWay.map(({ begun }) => ({ image, admittedAt: ago(-begun) }));
        const errors = Array.from({ length: 2_000 }, (_, index) => {
          ends.sort((one, other) => one - other);
          const really = (ends[0] ?? 0) + next();
          ends[0] = really;
          const told = expectReady(index + 1, image, { underWay: tickets, startsAtOnce: 64 }, known, now);
          return Math.abs(((told?.fromSeconds ?? 0) + (told?.toSeconds ?? 0)) / 2 - really) / really;
        });
        expect(errors.toSorted((one, other) => one - other)[1_800]).toBeLessThan(0.5);
      }),
      { numRuns: 10 },
    );
    function fromNow(next: () => number): number {
      return -(next() - 15);
    }
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
