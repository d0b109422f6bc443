import { expect, it } from "vitest";
import { mostWaits, mostWaitsOfAll, waitsOf } from "./waits.ts";

it("all who ask at once share a look, and all who ask while it is under way share the next one", async () => {
  const waits = waitsOf<number>();
  let looks = 0;
  const looking = Promise.withResolvers<undefined>();
  const begun = Promise.withResolvers<undefined>();
  const look = async () => {
    looks += 1;
    const number = looks;
    begun.resolve(undefined);
    if (number === 1) await looking.promise;
    return number;
  };
  const crowd = () => Array.from({ length: 200 }, () => waits.look("one", look));
  const first = crowd();
  await begun.promise;
  const second = crowd();
  looking.resolve(undefined);
  expect(new Set(await Promise.all(first))).toEqual(new Set([1]));
  expect(new Set(await Promise.all(second))).toEqual(new Set([2]));
  expect(await waits.look("one", look)).toBe(3);
});

it("a look that fails, fails for those who share it, and not for the next", async () => {
  const waits = waitsOf<string>();
  const away = () => Promise.reject(new Error("away"));
  const first = waits.look("one", away);
  await Promise.resolve(); // the first has begun
  const second = waits.look("one", away);
  expect(second).not.toBe(first);
  await expect(first).rejects.toThrow("away");
  await expect(second).rejects.toThrow("away");
  expect(await waits.look("one", () => Promise.resolve("there"))).toBe("there");
});

it("each person has some places to wait, and so has the process, which are free again when somebody leaves", () => {
  const waits = waitsOf();
  const entered = Array.from({ length: mostWaits + 1 }, () => waits.enter("alice"));
  expect(entered).toEqual(Array.from({ length: mostWaits + 1 }, (_, n) => n < mostWaits));
  expect(waits.enter("bob")).toBe(true);
  waits.leave("alice");
  expect(waits.enter("alice")).toBe(true);
  const others = Array.from({ length: mostWaitsOfAll }, (_, n) => waits.enter(`person-${n}`));
  expect(others.filter(Boolean)).toHaveLength(mostWaitsOfAll - mostWaits - 1);
});
