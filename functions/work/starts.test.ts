import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { StoredStartTimes } from "../../shared/kubernetes/start-times.ts";
import { addStarts, type StartTimes } from "../../shared/lifecycle/start-times.ts";
import { startsIn } from "./starts.ts";

const image = "example.org/desktop:1";
const log: string[] = [];
let stored: StartTimes;
let calls: string[];
let writing: PromiseWithResolvers<undefined> | undefined;

/** As shared/kubernetes/start-times.ts does it, without a cluster. */
const store: StoredStartTimes = {
  read: () => {
    calls.push("read");
    return Promise.resolve(stored);
  },
  async add(more, now) {
    calls.push("add");
    await writing?.promise;
    stored = addStarts(stored, more, now);
    return stored;
  },
};
const start = (seconds: number) => ({ at: new Date().toISOString(), seconds, kind: "on-node" as const });
const secondsIn = (times: StartTimes) => (times[image] ?? []).map(({ seconds }) => seconds).sort();

beforeEach(() => {
  vi.useFakeTimers();
  [stored, calls, writing] = [{}, [], undefined];
  log.length = 0;
});
afterEach(() => {
  vi.useRealTimers();
});
const startsHere = () => startsIn(store, (words) => log.push(words));

it("a start is known here at once, and written with others that end within ten seconds", async () => {
  const starts = startsHere();
  starts.ended(image, start(1));
  expect(secondsIn(await starts.known())).toEqual([1]);
  await vi.advanceTimersByTimeAsync(0);
  for (const seconds of [2, 3, 4]) starts.ended(image, start(seconds));
  expect(secondsIn(await starts.known())).toEqual([1, 2, 3, 4]);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(calls.filter((call) => call === "add")).toHaveLength(2);
  expect(secondsIn(stored)).toEqual([1, 2, 3, 4]);
});

it("a start that ends while others are written counts once", async () => {
  const starts = startsHere();
  writing = Promise.withResolvers();
  starts.ended(image, start(1));
  await vi.advanceTimersByTimeAsync(0);
  starts.ended(image, start(2));
  writing.resolve(undefined);
  await vi.advanceTimersByTimeAsync(0);
  expect(secondsIn(await starts.known())).toEqual([1, 2]);
});

it("what others saw is read at most every ten seconds, however many ask", async () => {
  stored = { [image]: [start(7)] };
  const starts = startsHere();
  await Promise.all(Array.from({ length: 200 }, () => starts.known()));
  expect(calls).toEqual(["read"]);
  stored = { [image]: [start(8)] };
  expect(secondsIn(await starts.known())).toEqual([7]);
  await vi.advanceTimersByTimeAsync(10_001);
  expect(secondsIn(await starts.known())).toEqual([8]);
});

it("an estimate is by the kind of this start if there are enough of them", async () => {
  const starts = startsHere();
  for (const seconds of [1, 2, 3, 4, 5]) starts.ended(image, start(seconds));
  for (const seconds of [61, 62, 63, 64, 65]) starts.ended(image, { ...start(seconds), kind: "new-node" });
  starts.noteKind("slow", "new-node");
  starts.noteKind("slow", undefined); // a look that cannot tell forgets nothing
  starts.noteKind("rare", "pulled");
  expect(await starts.estimate("slow", image)).toEqual({ half: 63, most: 65 });
  const all = { half: 5, most: 65 };
  expect(await starts.estimate("rare", image)).toEqual(all);
  expect(await starts.estimate("unknown", image)).toEqual(all);
});

it("a cluster that is away costs estimates, and nothing else", async () => {
  const away = () => Promise.reject(new Error("the API server does not answer"));
  const starts = startsIn({ read: away, add: away }, (words) => log.push(words));
  starts.ended(image, start(1));
  await vi.advanceTimersByTimeAsync(0);
  expect(secondsIn(await starts.known())).toEqual([1]);
  expect(log).toEqual([
    "write how long starts took: the API server does not answer",
    "read how long starts took: the API server does not answer",
  ]);
});
