import { describe, expect, it } from "vitest";
import { extentOf, mostPoints, type Point, spanOf, withPoint } from "./queue-history.ts";

const answer = (seconds: number, waiting: number, running: number | null = 5) => ({
  at: new Date(seconds * 1_000).toISOString(),
  capacity: { startsAtOnce: 10, starting: 1, waiting, maxDesktops: null, running },
});
const after = (answers: readonly ReturnType<typeof answer>[]) => answers.reduce<readonly Point[]>(withPoint, []);

describe("the queue's figures", () => {
  it("are noted once for each answer that is newer", () => {
    const points = after([answer(10, 3), answer(10, 3), answer(5, 9), answer(15, 4)]);
    expect(points).toEqual([
      { at: 10_000, starting: 1, waiting: 3, running: 5 },
      { at: 15_000, starting: 1, waiting: 4, running: 5 },
    ]);
  });

  it("never become too many, and keep the first and the newest", () => {
    let points: readonly Point[] = [];
    for (let second = 0; second < 24 * 3_600; second += 5) {
      points = withPoint(points, answer(second, second));
      expect(points.length).toBeLessThanOrEqual(mostPoints);
      expect([points[0]?.at, points.at(-1)?.waiting]).toEqual([0, second]);
    }
    expect(points.every(({ at }, index) => at > (points[index - 1]?.at ?? -1))).toBe(true);
  });

  it("span the time from the first to the last, and a minute at least", () => {
    expect(spanOf([], 7_000)).toEqual([7_000, 67_000]);
    expect(spanOf(after([answer(10, 3)]), 0)).toEqual([10_000, 70_000]);
    expect(spanOf(after([answer(10, 3), answer(15, 3)]), 0)).toEqual([10_000, 70_000]);
    expect(spanOf(after([answer(10, 3), answer(100, 3)]), 0)).toEqual([10_000, 100_000]);
  });

  it("have an extent, without what was not known", () => {
    const points = after([answer(1, 3, null), answer(2, 0, 7), answer(3, 9, 6), answer(4, 4, null)]);
    expect(extentOf(points, "waiting")).toEqual({ least: 0, most: 9, now: 4 });
    expect(extentOf(points, "running")).toEqual({ least: 6, most: 7, now: null });
    expect(extentOf(after([answer(1, 3, null)]), "running")).toBeNull();
    expect(extentOf([], "starting")).toBeNull();
  });
});
