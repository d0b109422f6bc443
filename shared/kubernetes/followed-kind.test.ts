import { KubeConfig, type KubernetesObject, type Watch } from "@kubernetes/client-node";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ProductError } from "../errors.ts";
import { adviceFor } from "./advice.ts";
import { type Follower, followKind } from "./followed-kind.ts";

const path = "/api/v1/namespaces/guacamole/pods";

/** A watch that the product began. */
interface Begun {
  /** The version from which on it hears. */
  from: unknown;
  isClosed: boolean;
  say(type: string, object: object): void;
  end(error: unknown): void;
}

/**
 * Behaves as the client's watch (kubernetes-client/javascript, src/watch.ts): an answer other than 200 is told to the last
 * callback, before the call resolves; that callback is called once; only a login that fails rejects.
 */
function scriptedWatch() {
  const begun: Begun[] = [];
  let answers: (number | Error)[] = [];
  let held: Promise<undefined> | undefined;
  const watch: Pick<Watch, "watch"> = {
    async watch(_, query, callback, done) {
      const controller = new AbortController();
      const answer = answers.shift() ?? 200;
      if (answer instanceof Error) throw answer;
      const each: Begun = {
        from: (query as { resourceVersion: string }).resourceVersion,
        isClosed: false,
        say: (type, object) => {
          callback(type, object);
        },
        end(error) {
          if (each.isClosed) return;
          each.isClosed = true;
          done(error);
        },
      };
      controller.signal.addEventListener("abort", () => {
        each.end(controller.signal.reason);
      });
      begun.push(each);
      if (answer !== 200) each.end(Object.assign(new Error("refused"), { statusCode: answer }));
      await held;
      return controller;
    },
  };
  const answerNext = (...next: (number | Error)[]) => {
    answers = next;
  };
  const holdNext = () => {
    const hold = Promise.withResolvers<undefined>();
    held = hold.promise;
    return hold;
  };
  return { watch, begun, answerNext, holdNext };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const podAt = (resourceVersion: string): KubernetesObject => ({ metadata: { name: "one", resourceVersion } });
const expired = { kind: "Status", code: 410, reason: "Expired" };
const pass = () => vi.advanceTimersByTimeAsync(1_000);

/** Follows with the versions that lists tell. What the follower hears is noted in order. */
function follow(...versions: (string | Error)[]) {
  const scripted = scriptedWatch();
  const heard: string[] = [];
  const follower: Follower = {
    changed: (type, { metadata }) => heard.push(`${type} ${metadata?.resourceVersion}`),
    missed: () => heard.push("missed"),
  };
  let lists = 0;
  const versionNow = () => {
    const version = versions[lists++] ?? new Error("listed too often");
    return version instanceof Error ? Promise.reject(version) : Promise.resolve(version);
  };
  const begin = () => followKind(scripted.watch, { path }, versionNow, follower, adviceFor(new KubeConfig()));
  return { ...scripted, heard, begin, lists: () => lists };
}

it("hears from the version of now on, and says that what was before has to be read", async () => {
  const { begin, begun, heard } = follow("7");
  await begin().live();
  expect([begun[0]?.from, heard]).toEqual(["7", ["missed"]]);
  begun[0]?.say("ADDED", podAt("8"));
  begun[0]?.say("BOOKMARK", podAt("9"));
  begun[0]?.say("DELETED", podAt("10"));
  expect(heard).toEqual(["missed", "ADDED 8", "DELETED 10"]);
});

it.each([
  ["by the API server", null],
  ["by silence", new DOMException("The operation was aborted due to timeout", "TimeoutError")],
  ["by a broken connection", new Error("read ECONNRESET")],
  ["by an outage", Object.assign(new Error("Service Unavailable"), { statusCode: 503 })],
])("a watch that is ended %s goes on from the last version, and nothing is missed", async (_, error) => {
  const { begin, begun, heard, lists } = follow("7");
  await begin().live();
  begun[0]?.say("ADDED", podAt("8"));
  begun[0]?.say("BOOKMARK", podAt("12"));
  begun[0]?.end(error);
  await pass();
  expect(begun.map(({ from }) => from)).toEqual(["7", "12"]);
  begun[1]?.say("MODIFIED", podAt("13"));
  expect([heard, lists()]).toEqual([["missed", "ADDED 8", "MODIFIED 13"], 1]);
});

it.each([
  [
    "says so in the stream",
    (watch: Begun | undefined) => {
      watch?.say("ERROR", expired);
    },
  ],
  [
    "answers so",
    (watch: Begun | undefined) => {
      watch?.end(Object.assign(new Error("Gone"), { statusCode: 410 }));
    },
  ],
])(
  "begins anew if the API server no longer knows the version and %s, and says that changes were missed",
  async (_, end) => {
    const { begin, begun, heard } = follow("7", "90");
    await begin().live();
    begun[0]?.say("ADDED", podAt("8"));
    end(begun[0]);
    expect(begun[0]?.isClosed).toBe(true);
    await pass();
    expect(begun.map(({ from }) => from)).toEqual(["7", "90"]);
    expect(heard).toEqual(["missed", "ADDED 8", "missed"]);
  },
);

it("an error in the stream that is no 410 ends the watch, and the next one goes on from the last version", async () => {
  const { begin, begun, heard } = follow("7");
  await begin().live();
  begun[0]?.say("ADDED", podAt("8"));
  begun[0]?.say("ERROR", { kind: "Status", code: 500, reason: "InternalError" });
  await pass();
  expect([begun.map(({ from }) => from), heard]).toEqual([
    ["7", "8"],
    ["missed", "ADDED 8"],
  ]);
});

it.each([
  [403, "cluster-not-allowed"],
  [401, "cluster-not-authenticated"],
])("an answer of %s fails those who wait, until it is another", async (status, code) => {
  const { begin, begun, answerNext } = follow("7");
  answerNext(status, status, 200);
  const following = begin();
  await expect(following.live()).rejects.toMatchObject({ code });
  await pass();
  await expect(following.live()).rejects.toMatchObject({ code });
  await pass();
  await expect(following.live()).resolves.toBeUndefined();
  expect(begun.map(({ from }) => from)).toEqual(["7", "7", "7"]);
});

it("a list that is not allowed fails those who wait, until it is", async () => {
  const { begin, begun } = follow(new ProductError("cluster-not-allowed", "list Pod: not allowed"), "7");
  const following = begin();
  await expect(following.live()).rejects.toMatchObject({ code: "cluster-not-allowed" });
  expect(begun).toEqual([]);
  await pass();
  await following.live();
  expect(begun.map(({ from }) => from)).toEqual(["7"]);
});

it("an outage at the beginning fails nobody, is tried again, and is told once", async () => {
  const { begin, begun, heard, answerNext } = follow(new Error("connect ECONNREFUSED"), "7");
  answerNext(new Error("no token"), 429, 200);
  const following = begin();
  await expect(following.live()).resolves.toBeUndefined();
  expect([begun, heard]).toEqual([[], []]);
  for (let turn = 0; turn < 3; turn += 1) await pass();
  await following.live();
  expect(heard).toEqual(["missed"]);
  expect(begun.map(({ from, isClosed }) => [from, isClosed])).toEqual([
    ["7", true],
    ["7", false],
  ]);
});

it("is begun again once for each end", async () => {
  const { begin, begun } = follow("7");
  await begin().live();
  begun[0]?.end(null);
  begun[0]?.end(new Error("again"));
  await pass();
  await pass();
  expect(begun).toHaveLength(2);
});

it("a follower that is closed ends its watch and begins no other", async () => {
  const { begin, begun } = follow("7");
  const following = begin();
  await following.live();
  following.close();
  expect(begun[0]?.isClosed).toBe(true);
  await pass();
  expect(begun).toHaveLength(1);
});

it("one that is closed while it lists begins no watch", async () => {
  const { begin, begun } = follow("7");
  const following = begin();
  following.close();
  await following.live();
  expect([begun.length, vi.getTimerCount()]).toEqual([0, 0]);
});

it("one that is closed while its watch begins ends it", async () => {
  const { begin, begun, holdNext } = follow("7");
  const held = holdNext();
  const following = begin();
  await vi.waitUntil(() => begun.length === 1);
  following.close();
  held.resolve(undefined);
  await following.live();
  expect([begun[0]?.isClosed, vi.getTimerCount()]).toEqual([true, 0]);
});

it("one that is closed while it waits to begin again does not", async () => {
  const { begin, begun, answerNext } = follow("7");
  answerNext(503);
  const following = begin();
  await following.live();
  following.close();
  expect([begun.length, vi.getTimerCount()]).toEqual([1, 0]);
});
