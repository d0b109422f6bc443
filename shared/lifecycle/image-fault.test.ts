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
