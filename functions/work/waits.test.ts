import { expect, it } from "vitest";
import { mostWaits, waitsOf } from "./waits.ts";

const soon = () => Promise.resolve();

it("all who wait for one operation share each look", async () => {
  const waits = waitsOf<number>(soon);
  let looks = 0;
  const look = () => Promise.resolve((looks += 1));
  const crowd = Array.from({ length: 200 }, () => waits.nextLook("one", look));
  expect(new Set(await Promise.all(crowd))).toEqual(new Set([1]));
  expect(await waits.nextLook("one", look)).toBe(2);
});

it("a look that fails, fails for those who share it, and not for the next", async () => {
  const waits = waitsOf<string>(soon);
  await expect(waits.nextLook("one", () => Promise.reject(new Error("away")))).rejects.toThrow("away");
  expect(await waits.nextLook("one", () => Promise.resolve("there"))).toBe("there");
});

it("each person has some places to wait, which are free again when they leave", () => {
  const waits = waitsOf(soon);
  const entered = Array.from({ length: mostWaits + 1 }, () => waits.enter("alice"));
  expect(entered).toEqual(Array.from({ length: mostWaits + 1 }, (_, n) => n < mostWaits));
  expect(waits.enter("bob")).toBe(true);
  waits.leave("alice");
  expect(waits.enter("alice")).toBe(true);
});
