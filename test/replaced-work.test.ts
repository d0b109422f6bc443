import { instanceIdOf } from "../shared/person/work.ts";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { virtualClock } from "@stand-in/functions-host";
import { personId } from "../shared/desktop/names.ts";
import { clusterOf } from "../shared/kubernetes/cluster.ts";
import { type PersonRecords, personRecordsIn } from "../shared/kubernetes/person-records.ts";
import { namespace, startTestEstate, type TestEstate } from "./estate.ts";

const asthma = "asthma-cohort";
const registry = "cancer-registry";
const day = 86_400_000;

let estate: TestEstate;
let requests: PersonRecords;
const clock = virtualClock(new Date());

beforeAll(async () => {
  estate = await startTestEstate(undefined, {}, clock);
  // The task hub's time stands still, so that to the product everything in it is a day old from now on and has been
  // running all that time.
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + day });
  requests = personRecordsIn(clusterOf(estate.kubeconfig), namespace);
});
afterAll(async () => {
  vi.useRealTimers();
  await estate.close();
});
afterEach(() => {
  estate.mend();
});

const open = async () =>
  (await estate.world()).rows.filter((row) => row.startsWith("may open")).map((row) => row.split(" ")[2]);
const record = (username: string) => requests.read(personId(username));
const put = (username: string, workspace: string) =>
  estate.call(username, "PUT", `/users/${username}/desktop`, { workspace });

const health = async () =>
  (await estate.call<{ status: string; stuck?: string[] }>("olga", "GET", "/health/ready")).body;

/** Holds the first run of an activity before it does anything. */
function hold(activity: string) {
  const reached = Promise.withResolvers<undefined>();
  const released = Promise.withResolvers<undefined>();
  let held = false;
  estate.faults.beforeActivity = async ({ name }) => {
    if (name !== activity || held) return;
    held = true;
    reached.resolve(undefined);
    await released.promise;
  };
  return {
    reached: reached.promise,
    release: () => {
      released.resolve(undefined);
    },
  };
}

describe("a request that arrives after its person's orchestration has read the record for the last time", () => {
  it("is worked on at once, without anybody asking for it again", async () => {
    const reached = Promise.withResolvers<undefined>();
    const released = Promise.withResolvers<undefined>();
    let held = false;
    estate.faults.afterActivity = async ({ name }) => {
      // What it returns is the last that the orchestration reads.
      const current = name === "recordOutcome" && !held ? await record("alice") : null;
      if (!current || !Object.hasOwn(current.outcomes, current.request.id)) return;
      held = true;
      reached.resolve(undefined);
      await released.promise;
    };
    await put("alice", asthma);
    await reached.promise;

    const asking = put("alice", registry);
    await expect.poll(async () => (await record("alice"))?.request.workspace, { timeout: 60_000 }).toBe(registry);
    released.resolve(undefined);
    expect((await asking).status).toBe(202);
    await estate.host.whenIdle();
    const after = await record("alice");
    expect(after?.outcomes[after.request.id]).toMatchObject({ state: "done" });
  });
});

describe("a run without progress", () => {
  it.each([
    ["reap", "surveyDue"],
    ["reconcile", "surveyDrift"],
    ["upkeep", "purgeFinished"],
  ])("of %s is shown in health and replaced by its timer", async (name, activity) => {
    const { reached, release } = hold(activity);
    await estate.host.trigger(`${name}Timer`);
    await reached;
    expect((await health()).stuck).toEqual([
      expect.stringMatching(new RegExp(`^${name}: Running without progress since .* \\(replaced after 10 minutes\\)$`)),
    ]);
    await estate.host.trigger(`${name}Timer`);
    expect(estate.log.map(({ message }) => message)).toContain(
      `replaced the previous run of ${name}, which made no progress`,
    );
    await expect.poll(async () => (await runs())[name]?.state, { timeout: 60_000 }).toBe("done");
    release();
    await estate.host.whenIdle();
    expect((await runs())[name]?.state).toBe("done");
  });
  const runs = async () =>
    (await estate.call<{ runs: Record<string, { state: string } | null> }>("olga", "GET", "/maintenance")).body.runs;
});

describe("a person's orchestration without progress", () => {
  it("is shown in health and to the person, and replaced; the old one then changes nothing", async () => {
    const { reached, release } = hold("grantPermission");
    const { body: first } = await estate.call("alice", "PUT", "/users/alice/desktop", { workspace: asthma });
    await reached;

    expect(await health()).toMatchObject({ status: "ready" });
    const [told] = (await health()).stuck ?? [];
    expect(told).toMatch(
      new RegExp(`^${instanceIdOf("alice")}: Running without progress since .* \\(replaced after 10`),
    );
    const seen = await estate.call<{ note?: string }>("alice", "GET", `/operations/${(first as { id: string }).id}`);
    expect(seen.body.note).toMatch(/^no progress for \d+ s: if a server stopped/);

    // She changes her mind while it is stuck.
    const { body: second } = await estate.call("alice", "PUT", "/users/alice/desktop", { workspace: registry });
    expect(second).toMatchObject({ state: "pending" });
    await estate.host.trigger("wakeForgotten");
    expect((await record("alice"))?.work?.generation).toBe(1);
    expect((await health()).stuck).toEqual([
      expect.stringMatching(new RegExp(`^${instanceIdOf("alice")} was stuck: generation 1 goes on at `)),
    ]);
    const waiting = await estate.call<{ note?: string }>(
      "alice",
      "GET",
      `/operations/${(second as { id: string }).id}`,
    );
    expect(waiting.body.note).toMatch(/^the work was stuck and has been restarted: it continues at /);

    // The new one waits until no activity of the old one can be in progress; this one still is, which the product
    // cannot know.
    clock.advance(day + 3_600_000);
    await expect.poll(open, { timeout: 60_000 }).toEqual([`${registry}@alice`]);
    release();
    expect(await estate.end("alice", second)).toMatchObject({ state: "done" });
    await estate.host.whenIdle();
    expect(await open()).toEqual([`${registry}@alice`]);
    expect(await estate.end("alice", first)).toMatchObject({ state: "superseded" });
  });

  it("is not replaced if it makes progress again", async () => {
    const generation = (await record("alice"))?.work?.generation;
    await estate.host.trigger("wakeForgotten");
    expect((await record("alice"))?.work?.generation).toBe(generation);
    expect(await estate.ask("alice", asthma)).toMatchObject({ state: "done" });
    expect((await record("alice"))?.work?.generation).toBe(generation);
  });
});
