import { expect, it } from "vitest";
import { turnsOf } from "./turns.ts";

const never = 60_000;
const tooLong = () => new Error("too long");

/** A call that runs until it is let go. */
function held(begun: string[], name: string) {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  return {
    call: async () => {
      begun.push(name);
      await promise;
      return name;
    },
    letGo: () => {
      resolve(undefined);
    },
  };
}

it("as many calls run as may, and the others begin in the order in which they came", async () => {
  const begun: string[] = [];
  const turns = turnsOf(2, never, tooLong);
  const calls = ["a", "b", "c", "d"].map((name) => held(begun, name));
  const ends = calls.map(({ call }) => turns.take(call));
  await Promise.resolve();
  expect(begun).toEqual(["a", "b"]);
  calls[1]?.letGo();
  await ends[1];
  expect(begun).toEqual(["a", "b", "c"]);
  for (const { letGo } of calls) letGo();
  expect(await Promise.all(ends)).toEqual(["a", "b", "c", "d"]);
  expect(begun).toEqual(["a", "b", "c", "d"]);
});

it("a call that fails hands on its turn", async () => {
  const turns = turnsOf(1, never, tooLong);
  await expect(turns.take(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await turns.take(() => Promise.resolve("yes"))).toBe("yes");
});

it("a call that waits too long is told so, is never made, and leaves its place to those behind", async () => {
  const begun: string[] = [];
  const turns = turnsOf(1, 1, tooLong);
  const first = held(begun, "first");
  const running = turns.take(first.call);
  await expect(turns.take(held(begun, "late").call)).rejects.toThrow("too long");
  const next = held(begun, "next");
  next.letGo();
  const waiting = turns.take(next.call);
  first.letGo();
  await Promise.all([running, waiting]);
  expect(begun).toEqual(["first", "next"]);
});
