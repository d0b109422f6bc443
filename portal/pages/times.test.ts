import { expect, it } from "vitest";
import { duration, onDay, ordinal } from "./times.ts";

it.each([
  [1, "1 second"],
  [40, "40 seconds"],
  [119, "119 seconds"],
  [120, "2 minutes"],
  [3_600, "60 minutes"],
  [7_200, "2 hours"],
])("%i seconds are %s", (seconds, words) => {
  expect(duration(seconds)).toBe(words);
});

it.each([
  [1, "1st"],
  [2, "2nd"],
  [3, "3rd"],
  [11, "11th"],
  [12, "12th"],
  [21, "21st"],
  [113, "113th"],
])("place %i is the %s", (place, words) => {
  expect(ordinal(place)).toBe(words);
});

it("a day is in words", () => {
  expect(onDay("2099-06-30")).toBe("30 June 2099");
});
