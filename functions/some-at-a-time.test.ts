import { describe, expect, it } from "vitest";
import { someAtATime } from "./some-at-a-time.ts";

/** Work that ends when the test says so. */
function work() {
  const begun: number[] = [];
  const ends = new Map<number, PromiseWithResolvers<string>>();
  return {
    begun,
    do: (each: number) => {
      begun.push(each);
      const end = Promise.withResolvers<string>();
      ends.set(each, end);
      return end.promise;
    },
    end: async (each: number) => {
      ends.get(each)?.resolve(`did ${each}`);
      await soon();
    },
    fail: async (each: number, message: string) => {
      ends.get(each)?.reject(new Error(message));
      await soon();
    },
  };
}

/** Resolves after all work that is ready to run. */
const soon = () => new Promise((resolve) => setImmediate(resolve));

describe("some at a time", () => {
  it("never exceeds the limit, and begins the next when any ends", async () => {
    const { begun, do: each, end } = work();
    const all = someAtATime(2, [0, 1, 2, 3], each);
    expect(begun).toEqual([0, 1]);
    await end(1);
    expect(begun).toEqual([0, 1, 2]);
    await end(2);
    expect(begun).toEqual([0, 1, 2, 3]);
    await end(3);
    await end(0);
    expect(await all).toEqual(["did 0", "did 1", "did 2", "did 3"]);
  });

  it("does all at once if there are fewer than the limit, and nothing if there are none", async () => {
    expect(await someAtATime(5, ["a", "b"], (each) => Promise.resolve(each.toUpperCase()))).toEqual(["A", "B"]);
    expect(await someAtATime(5, [], () => Promise.reject(new Error("called")))).toEqual([]);
  });

  it("begins nothing after a failure, and throws the first one when the work under way has ended", async () => {
    const { begun, do: each, end, fail } = work();
    let thrown: unknown;
    const all = someAtATime(3, [0, 1, 2, 3], each).catch((error: unknown) => {
      thrown = error;
    });
    await fail(1, "first");
    await fail(0, "second");
    expect(thrown).toBeUndefined();
    await end(2);
    await all;
    expect(thrown).toEqual(new Error("first"));
    expect(begun).toEqual([0, 1, 2]);
  });
});
