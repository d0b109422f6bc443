import type * as timers from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { virtualClock } from "@stand-in/functions-host";
import { callActivity } from "@stand-in/functions-host/testing";
import { personId } from "../shared/desktop/names.ts";
import { clusterOf } from "../shared/kubernetes/cluster.ts";
import { personRecordsIn } from "../shared/kubernetes/person-records.ts";
import { replaceWork } from "../shared/person/work.ts";
import { type CountedCalls, startCounting } from "./counted-calls.ts";
import { namespace, startTestEstate, type TestEstate } from "./estate.ts";

/** How the product's pauses pass; the usual way if undefined. */
const time = vi.hoisted(() => ({ pass: undefined as undefined | ((milliseconds: number) => Promise<void>) }));
vi.mock("node:timers/promises", async (importOriginal) => {
  const original = await importOriginal<typeof timers>();
  return {
    ...original,
    setTimeout: (milliseconds: number) => time.pass?.(milliseconds) ?? original.setTimeout(milliseconds),
  };
});

/** What priority and fairness answers (apiserver/pkg/server/filters/priority-and-fairness.go, tooManyRequests). */
const tooMany = (retryAfter: number) => ({
  status: 429,
  headers: { "content-type": "text/plain; charset=utf-8", "retry-after": String(retryAfter) },
  body: "Too many requests, please try again later.\n",
});

let estate: TestEstate;
let cluster: CountedCalls;
const clock = virtualClock(new Date());

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["performance"], shouldAdvanceTime: true });
  estate = await startTestEstate(undefined, {}, clock, false, {
    linkTo: async (system, url) => (system === "cluster" ? (cluster = await startCounting(url)).url : url),
  });
});
afterEach(() => {
  time.pass = undefined;
  estate.mend();
  cluster.decide(() => undefined);
});
afterAll(async () => {
  await estate.close();
  await cluster.close();
  vi.useRealTimers();
});

const bring = async () => {
  expect(await estate.ask("alice", "asthma-cohort")).toMatchObject({ state: "done" });
};
const open = async () => (await estate.world()).rows.filter((row) => row.startsWith("may open"));

describe.each([1, 8, 32])(
  "an API server that refuses everything for 30 seconds, with Retry-After: %i",
  (retryAfter) => {
    it("is waited for by a suspension, which ends well", async () => {
      await bring();
      let until: number | undefined;
      const refused: string[] = [];
      time.pass = (milliseconds) => {
        clock.advance(milliseconds);
        return Promise.resolve();
      };
      // It begins once the wish is written.
      estate.faults.beforeActivity = () => {
        until ??= clock.now().getTime() + 30_000;
      };
      cluster.decide((call) => {
        if (until === undefined || clock.now().getTime() >= until) return undefined;
        refused.push(call);
        return tooMany(retryAfter);
      });

      const { status, body } = await estate.callAsService("DELETE", "/users/alice/desktop");
      expect(status).toBe(202);
      await estate.host.whenIdle();
      // At most twice as often as it says, since two lists are read side by side.
      expect(refused.length).toBeGreaterThanOrEqual(Math.ceil(30 / retryAfter));
      expect(refused.length).toBeLessThanOrEqual(2 * Math.ceil(30 / retryAfter));
      expect(await estate.end("alice", body)).toMatchObject({ state: "done" });
      expect(await open()).toEqual([]);
    });
  },
);

it("work that was replaced while it waited for a busy API server changes nothing any more", async () => {
  await bring();
  const requests = personRecordsIn(clusterOf(estate.kubeconfig), namespace);
  const person = personId("alice");
  time.pass = async (milliseconds) => {
    vi.advanceTimersByTime(milliseconds);
    await requests.update(person, (record) => record && replaceWork(record, clock.now().toISOString()));
  };
  const [desktop] = (await callActivity(
    estate.app,
    estate.host,
    "listActiveDesktops",
    '{"username":"alice"}',
  )) as object[];
  const before = await estate.world();
  cluster.calls.length = 0;
  cluster.answerInstead(/deployments/, [tooMany(15), tooMany(15)]);
  const input = { ...desktop, fence: { username: "alice", generation: 0 } };
  await expect(callActivity(estate.app, estate.host, "scaleToZero", JSON.stringify(input))).rejects.toThrow(
    "[work-replaced]",
  );
  expect(cluster.calls.filter((call) => call.includes("deployments"))).toHaveLength(1);
  expect((await estate.world()).objects).toEqual(before.objects);
});
