import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { rushOf } from "./rush.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** That many requests that are taken in until they are let go. */
function taking(many: number) {
  const rush = rushOf();
  const requests = Array.from({ length: many }, () => Promise.withResolvers<undefined>());
  const answers = requests.map(({ promise }) => rush.take(() => promise));
  const over: string[] = [];
  const letGo = async (number: number) => {
    for (const { resolve } of requests.splice(0, number)) resolve(undefined);
    await vi.advanceTimersByTimeAsync(0);
  };
  const wait = async (name: string) => {
    void rush.over().then(() => over.push(name));
    await vi.advanceTimersByTimeAsync(0);
  };
  return { rush, answers, over, letGo, wait, requests };
}

it("other work goes on at once beside a few requests", async () => {
  const { wait, over } = taking(8);
  await wait("a");
  expect(over).toEqual(["a"]);
});

it("beside more, it goes on when few are left, also the second time", async () => {
  const { wait, over, letGo, rush } = taking(12);
  await wait("a");
  await letGo(3);
  expect(over).toEqual([]);
  await letGo(1);
  expect(over).toEqual(["a"]);
  const another = Promise.withResolvers<undefined>();
  const taken = rush.take(() => another.promise);
  await wait("b");
  expect(over).toEqual(["a"]);
  another.resolve(undefined);
  await taken;
  await vi.advanceTimersByTimeAsync(0);
  expect(over).toEqual(["a", "b"]);
});

it("it goes on after a second, however many requests there are", async () => {
  const { wait, over } = taking(200);
  await wait("a");
  await vi.advanceTimersByTimeAsync(999);
  expect(over).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(over).toEqual(["a"]);
  expect(vi.getTimerCount()).toBe(0);
});

it("a request that fails is taken in no longer, and its caller learns why", async () => {
  const { rush, answers, requests, wait, over } = taking(9);
  answers[0]?.catch(() => undefined);
  requests[0]?.reject(new Error("the API server does not answer"));
  await expect(answers[0]).rejects.toThrow("the API server does not answer");
  await wait("a");
  expect(over).toEqual(["a"]);
  expect(await rush.take(() => Promise.resolve("an answer"))).toBe("an answer");
});
