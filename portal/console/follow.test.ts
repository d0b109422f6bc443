import { describe, expect, it, vi } from "vitest";
import { type Api, ApiError, type Reply, Unreachable } from "../api/client.ts";
import type { Operation, Problem } from "../api/types.ts";
import { type Begun, followerOf } from "./follow.ts";
import { summaryOf } from "./progress.ts";

const operation = (id: string, more: Begun): Operation => ({ id, username: "anna", ...more });
const reply = <Body>(body: Body): Reply<Body> => ({
  ...{ status: 200, body, etag: null, location: null, retryAfterSeconds: null },
});
const running = (id: string, seen: string, step = "deployment") =>
  operation(id, { state: "running", seen, progress: { step, number: 1, of: 2, since: "2026-11-28T09:00:00Z" } });

/** A follower whose API answers as told, one answer after the other for each path; pauses take no time. */
function following(answers: Readonly<Record<string, readonly unknown[]>>) {
  const left = new Map(Object.entries(answers).map(([path, each]) => [path, [...each]]));
  const asked: string[] = [];
  const pauses: number[] = [];
  /** What was shown at each pause. */
  const past: string[] = [];
  let now = 0;
  let most = 0;
  const call = async (_method: string, path: string) => {
    asked.push(path);
    now += 1;
    most = Math.max(most, now);
    await Promise.resolve();
    now -= 1;
    const list = left.get(path.split("?")[0] ?? "") ?? [];
    const answer = list.length > 1 ? list.shift() : list[0];
    if (answer instanceof Error) throw answer;
    return reply(answer);
  };
  const api = { call } as unknown as Api;
  const follower = followerOf({
    api,
    tell: (error) => (error as Error).message,
    pause: (milliseconds) => {
      pauses.push(milliseconds);
      if (follower.all.value.length > 0) past.push(shown().trouble ?? shown().words);
      return new Promise((resolve) => setTimeout(resolve));
    },
  });
  const shown = (index = 0) => {
    const followed = follower.all.value[index];
    if (!followed) throw new Error("nothing is followed");
    return { ...summaryOf(followed.parts.value, followed.before.value), trouble: followed.trouble.value };
  };
  const untilEnded = () =>
    vi.waitFor(() => {
      expect(shown().hasEnded).toBe(true);
    });
  return { follower, shown, asked, pauses, past, most: () => most, untilEnded };
}

const to = { view: "desktop", id: "d" };
const one = (first: Begun) => [{ id: "d", name: "anna in a", ask: () => Promise.resolve(first) }];

describe("an operation that was begun", () => {
  it("is followed to its end, and each answer asks for what is newer", async () => {
    const { follower, shown, asked, untilEnded } = following({
      "operations/o": [running("o", "2"), operation("o", { state: "done", message: "it is suspended" })],
    });
    follower.begin("Suspend", to, one(running("o", "1")));
    await untilEnded();
    expect(asked).toEqual(["operations/o?wait=5&after=1", "operations/o?wait=5&after=2"]);
    expect(shown()).toMatchObject({ words: "Done: it is suspended", notDone: [] });
    // Once for each thing that was asked for: the views look again.
    await vi.waitFor(() => {
      expect(follower.ended.value).toBe(1);
    });
  });

  it.each([
    ["failed", "Failed: why"],
    ["superseded", "Not done: why"],
  ] as const)("that ends as %s says why", async (state, words) => {
    const { follower, shown, untilEnded } = following({ "operations/o": [operation("o", { state, reason: "why" })] });
    follower.begin("Suspend", to, one(running("o", "1")));
    await untilEnded();
    expect(shown().words).toBe(words);
  });

  it("is asked for again after passing failures, ever later, and says that what is shown may be old", async () => {
    const busy = new ApiError(503, { detail: "the cluster does not answer" } as Problem, 7);
    const done = operation("o", { state: "done", message: "m" });
    const lost = new Unreachable("lost");
    const { follower, shown, pauses, past, untilEnded } = following({ "operations/o": [lost, lost, lost, busy, done] });
    follower.begin("Suspend", to, one(running("o", "1")));
    await untilEnded();
    expect(pauses).toEqual([1_000, 2_000, 4_000, 7_000]);
    expect(past).toEqual(["lost", "lost", "lost", "the cluster does not answer"]);
    expect(shown().trouble).toBeNull();
  });

  it("that is not known any more has failed", async () => {
    const gone = new ApiError(404, { detail: "there is none with this id" } as Problem, null);
    const { follower, shown, untilEnded } = following({ "operations/o": [gone] });
    follower.begin("Suspend", to, one(running("o", "1")));
    await untilEnded();
    expect(shown().words).toBe("Failed: there is none with this id");
  });

  it("is asked for after a pause if the API did not wait", async () => {
    const { follower, pauses, untilEnded } = following({
      "operations/o": [running("o", "1"), operation("o", { state: "done" })],
    });
    follower.begin("Suspend", to, one(running("o", "1")));
    await untilEnded();
    expect(pauses).toEqual([1_000]);
  });

  it("is not asked for any more once it is hidden", async () => {
    const { follower, asked } = following({ "operations/o": [running("o", "1")] });
    follower.begin("Suspend", to, one(running("o", "1")));
    await vi.waitFor(() => {
      expect(asked.length).toBeGreaterThan(2);
    });
    follower.hide(1);
    expect(follower.all.value).toEqual([]);
    const { length } = asked;
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setTimeout(resolve));
    // One was under way.
    expect(asked.length - length).toBeLessThanOrEqual(1);
  });
});

describe("what is asked for many desktops", () => {
  const many = Array.from({ length: 12 }, (_, index) => `o${index}`);
  const ended = (state: "done" | "failed") => (id: string) =>
    [`operations/${id}`, [running(id, "2"), operation(id, { state, reason: `why ${id}` })]] as const;

  it("is asked for a few at a time, all of it before anything is followed, and failures are named", async () => {
    const answers = Object.fromEntries([
      ...many.slice(0, 11).map(ended("done")),
      ...many.slice(11).map(ended("failed")),
    ]);
    const { follower, shown, asked, most, untilEnded } = following(answers);
    let now = 0;
    let mostAsked = 0;
    const ask = (id: string) => async () => {
      now += 1;
      mostAsked = Math.max(mostAsked, now);
      asked.push(`ask ${id}`);
      await Promise.resolve();
      now -= 1;
      if (id === "o3") throw new Unreachable("lost");
      return running(id, "1");
    };
    follower.begin(
      "Suspend 12",
      to,
      many.map((id) => ({ id, name: id, ask: ask(id) })),
    );
    expect(shown()).toMatchObject({ words: "0 of 12 done. Not asked for yet: 9", hasEnded: false });
    await untilEnded();
    expect([mostAsked, most()]).toEqual([3, 3]);
    expect(asked.slice(0, 12)).toEqual(many.map((id) => `ask ${id}`));
    expect(shown().words).toBe("10 of 12 done, 2 not done");
    expect(shown().notDone.map(({ name, words }) => [name, words])).toEqual([
      ["o3", "lost"],
      ["o11", "why o11"],
    ]);
  });

  it("goes on for the others while one does not end", async () => {
    const stuck = running("o0", "1");
    const answers = Object.fromEntries(many.slice(1).map(ended("done")));
    const { follower, shown } = following({ ...answers, "operations/o0": [stuck] });
    follower.begin(
      "Retire 12",
      to,
      many.map((id) => ({ id, name: id, ask: () => Promise.resolve(running(id, "1")) })),
    );
    await vi.waitFor(() => {
      expect(shown().words).toBe("11 of 12 done");
    });
    expect(shown().hasEnded).toBe(false);
    follower.stop();
    expect(follower.all.value).toEqual([]);
  });
});

it("a run that ends sessions is followed, and then what it began", async () => {
  const run = (state: string, ended: string[], failed: string[]) => ({
    ...{ id: "r", state, of: 3, counts: { ended: ended.length, failed: failed.length } },
    ended: ended.map((username) => ({ username, workspace: "a", operation: `/api/operations/${username}` })),
    failed: failed.map((username) => ({ username, workspace: "a", reason: "its record is damaged" })),
  });
  const { follower, shown, past, untilEnded } = following({
    "maintenance/end-sessions/r": [run("running", ["x"], []), run("done", ["x", "y"], ["z"])],
    "operations/x": [operation("x", { state: "done" })],
    "operations/y": [operation("y", { state: "done" })],
  });
  follower.beginRun("End sessions", { view: "sessions", run: "r" }, "r");
  await untilEnded();
  expect(past).toEqual(["running: 1 of 3 ended, 0 failed"]);
  expect(shown().words).toBe("2 of 3 done, 1 not done");
  expect(shown().notDone).toEqual([{ id: undefined, name: "z in a", state: "failed", words: "its record is damaged" }]);
});
