import { expect, it } from "vitest";
import { lately } from "./lately.ts";

it("what was noted lately is known until it is forgotten, by time or by word", () => {
  let now = 0;
  const noted = lately(1_000, () => now);
  noted.note("a");
  noted.note("b");
  expect([noted.has("a"), noted.has("b"), noted.has("c")]).toEqual([true, true, false]);
  noted.forget("b");
  now = 999;
  expect([noted.has("a"), noted.has("b")]).toEqual([true, false]);
  noted.note("a");
  now = 1_998;
  expect(noted.has("a")).toBe(true);
  now = 1_999;
  expect(noted.has("a")).toBe(false);
});
