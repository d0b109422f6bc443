import * as df from "durable-functions";
import { spawnSync } from "node:child_process";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { beforeEach, expect, it } from "vitest";
import { virtualClock } from "./clock.ts";
import type { Commit, Faults } from "./faults.ts";
import { gate, testApp } from "./fixture/test-app.ts";
import type { Started } from "./fixture/test-app.ts";
import { registerSaga } from "./fixture/saga.ts";

const app = testApp();
let effects: string[] = [];
let held = gate();
beforeEach(() => {
  effects = [];
});

app.activity("effect", (input) => {
  const { name } = input as { name: string };
  effects.push(name);
  return name;
});
app.activity("hold", async () => {
  await held.pass();
});
registerSaga(app);
app.orchestration("again", function* (context) {
  const { turn } = context.df.getInput<{ turn: number }>();
  if (turn === 1) {
    yield context.df.waitForExternalEvent("go");
    context.df.continueAsNew({ turn: 2 });
    return undefined;
  }
  return ((yield context.df.callActivity("hold", {})) as unknown) ?? "held";
});

app.orchestration("of every kind", function* (context) {
  yield context.df.callActivity("effect", { name: "first" });
  yield context.df.callActivityWithRetry("effect", new df.RetryOptions(5000, 3), { name: "flaky" });
  yield context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + 1000));
  yield context.df.waitForExternalEvent("go");
});

/** Faults that block forever before commit number `count`, and a promise that resolves when it is reached. */
function stopBefore(count: number): { faults: Faults; reached: Promise<Commit> } {
  const { promise: reached, resolve } = Promise.withResolvers<Commit>();
  let seen = 0;
  const beforeCommit = (commit: Commit) => {
    seen += 1;
    if (seen < count) return undefined;
    resolve(commit);
    return new Promise<void>(() => undefined);
  };
  return { faults: { beforeCommit }, reached };
}

async function startSaga({ client }: Started): Promise<void> {
  await client.startNew("saga", { instanceId: "saga", input: {} });
}

async function countCommits(): Promise<number> {
  let commits = 0;
  const beforeCommit = () => {
    commits += 1;
  };
  const started = await app.start({ faults: { beforeCommit } });
  await startSaga(started);
  await started.host.whenIdle();
  await started.host.close();
  return commits;
}

it("20. a host that is killed before any of its commits resumes after a restart as if nothing had happened", async () => {
  const total = await countCommits();
  // start, 4 work items of the saga, 2 of its child, 2 activities
  expect(total).toBe(9);
  for (let count = 2; count <= total; count++) {
    effects = [];
    const store = app.storeFile();
    const clock = virtualClock();
    const { faults, reached } = stopBefore(count);
    const crashed = await app.start({ store, clock, faults });
    await startSaga(crashed);
    const commit = await reached;
    await crashed.host.kill();

    const { host, client } = await app.start({ store, clock });
    await host.whenIdle();
    const status = await client.getStatus("saga");
    expect(status, `killed before commit ${count}`).toMatchObject({
      runtimeStatus: "Completed",
      output: ["first", "second"],
    });
    // Only the activity whose commit was lost has run twice.
    const repeated = commit.kind === "activity" ? [effects.at(0) === effects.at(1) ? "first" : "second"] : [];
    expect(effects.toSorted(), `killed before commit ${count}`).toEqual(["first", "second", ...repeated].toSorted());
    await host.close();
  }
});

it("20. a start is unknown if the host was killed before it committed it", async () => {
  const store = app.storeFile();
  const { faults, reached } = stopBefore(1);
  const crashed = await app.start({ store, faults });
  const start = crashed.client.startNew("saga", { instanceId: "saga", input: {} });
  await reached;
  await crashed.host.kill();
  await expect(start).rejects.toMatchObject({ code: "ECONNRESET" });
  const { client } = await app.start({ store });
  await expect(client.getStatus("saga")).rejects.toThrow("404");
});

it("20. a real process that is killed between an effect and its commit loses nothing but that commit", async () => {
  const store = app.storeFile();
  const program = path.join(import.meta.dirname, "fixture/killed-host.ts");
  const child = spawnSync(process.execPath, [program, store], { encoding: "utf8" });
  expect(child.signal, child.stderr).toBe("SIGKILL");
  expect(child.stdout.trim().split("\n")).toEqual(["effect first", "effect second"]);

  const { host, client } = await app.start({ store });
  await host.whenIdle();
  expect((await client.getStatus("saga")).output).toEqual(["first", "second"]);
  expect(effects).toEqual(["second"]);
});

it("a host that closes waits for its running activity, which does not run again", async () => {
  held = gate();
  const store = app.storeFile();
  const attempts: number[] = [];
  const faults: Faults = { beforeActivity: ({ attempt }) => void attempts.push(attempt) };
  const first = await app.start({ store, faults });
  await first.client.startNew("again", { instanceId: "one", input: { turn: 2 } });
  await held.reached;
  const closed = first.host.close();
  held.open();
  await Promise.all([closed, first.host.close()]);
  const { host, client } = await app.start({ store, faults });
  await host.whenIdle();
  expect((await client.getStatus("one")).output).toBe("held");
  expect(attempts).toEqual([1]);
});

it("the history has the same events, ids and order as on Azure", async () => {
  const store = app.storeFile();
  let failures = 2;
  const first = await app.start({
    store,
    faults: {
      beforeActivity({ input }) {
        if ((input as { name: string }).name === "flaky" && failures-- > 0) throw new Error("not yet");
      },
    },
  });
  await first.client.startNew("of every kind", { instanceId: "one", input: {} });
  await first.host.whenIdle();
  await first.client.raiseEvent("one", "go", {});
  await first.host.whenIdle();
  await first.host.close();

  const database = new DatabaseSync(store);
  const rows = database.prepare("SELECT event FROM history WHERE instance_id = 'one' ORDER BY position").all();
  database.close();
  const short = rows.map(({ event }) => {
    const {
      EventType: type,
      EventId: id,
      TaskScheduledId,
      TimerId,
    } = JSON.parse(event as string) as Record<string, number>;
    const completes = TaskScheduledId ?? TimerId;
    return `${type}${id === -1 ? "" : `:${id}`}${completes === undefined ? "" : `<-${completes}`}`;
  });
  expect(short.join(" ")).toBe(
    "12 0 4:0 13 12 5<-0 4:1 13 12 6<-1 10:2 13 12 11<-2 4:3 13 12 6<-3 10:4 13 12 11<-4 4:5 13 " +
      "12 5<-5 10:6 13 12 11<-6 13 12 15 1:7 13",
  );
});

it("20. after a clean stop too, completed steps are not repeated, and timers continue", async () => {
  const store = app.storeFile();
  const clock = virtualClock("2026-01-05T08:00:00Z", { jumps: false });
  const first = await app.start({ store, clock });
  await startSaga(first);
  await first.host.whenIdle();
  await first.host.close();
  clock.advance(60_000);
  const { host, client } = await app.start({ store, clock });
  await host.whenIdle();
  expect((await client.getStatus("saga")).output).toEqual(["first", "second"]);
  expect(effects).toEqual(["first", "second"]);
});

it("20. an event that was accepted before a kill arrives after the restart", async () => {
  held = gate();
  const store = app.storeFile();
  const { faults, reached } = stopBefore(3);
  const crashed = await app.start({ store, faults });
  await crashed.client.startNew("again", { instanceId: "one", input: { turn: 1 } });
  await crashed.host.whenIdle();
  const event = crashed.client.raiseEvent("one", "go", {});
  expect(await reached).toMatchObject({ kind: "message", name: "EventRaised" });
  await crashed.host.kill();
  await expect(event).rejects.toMatchObject({ code: "ECONNRESET" });

  const second = stopBefore(2);
  const next = await app.start({ store, faults: second.faults });
  await next.client.raiseEvent("one", "go", {});
  expect(await second.reached).toMatchObject({ kind: "orchestration" });
  await next.host.kill();

  held.open();
  const { host, client } = await app.start({ store });
  await host.whenIdle();
  expect((await client.getStatus("one")).output).toBe("held");
});

it("a killed host does not commit the results of handlers that are still running", async () => {
  held = gate();
  const store = app.storeFile();
  const crashed = await app.start({ store });
  await crashed.client.startNew("again", { instanceId: "one", input: { turn: 2 } });
  await held.reached;
  await crashed.host.kill();
  held.open();
  await new Promise(setImmediate);

  const database = new DatabaseSync(store);
  expect(database.prepare("SELECT count(*) AS queued FROM activities").get()).toEqual({ queued: 1 });
  expect(database.prepare("SELECT count(*) AS messages FROM inbox").get()).toEqual({ messages: 0 });
  database.close();
});

it.each([
  ["after its visibility timeout", undefined],
  ["at once, if requested", "at-once" as const],
])("a host that restarts on its own hub resumes unfinished work %s", async (_, recovery) => {
  held = gate();
  const store = app.storeFile();
  const clock = virtualClock("2026-01-05T08:00:00Z", { jumps: false });
  const crashed = await app.start({ store, clock });
  await crashed.client.startNew("again", { instanceId: "one", input: { turn: 2 } });
  await held.reached;
  await crashed.host.kill();
  held.open();

  const { host, client } = await app.start({ store, clock, ...(recovery && { recovery }) });
  await host.whenIdle();
  if (recovery === undefined) {
    expect((await client.getStatus("one")).runtimeStatus).toBe("Running");
    clock.advance(5 * 60_000);
    await host.whenIdle();
  }
  expect((await client.getStatus("one")).output).toBe("held");
});

it("virtual time also jumps over a visibility timeout", async () => {
  held = gate();
  const store = app.storeFile();
  const clock = virtualClock("2026-01-05T08:00:00Z");
  const timeout = { workItemQueueVisibilityTimeout: 60_000 };
  const crashed = await app.start({ store, clock, visibilityTimeouts: timeout });
  await crashed.client.startNew("again", { instanceId: "one", input: { turn: 2 } });
  await held.reached;
  await crashed.host.kill();
  held.open();
  const { host, client } = await app.start({ store, clock, visibilityTimeouts: timeout });
  await host.whenIdle();
  expect((await client.getStatus("one")).output).toBe("held");
  expect(clock.now()).toEqual(new Date("2026-01-05T08:01:00Z"));
});

it("an activity that runs again after a crash has a higher attempt", async () => {
  held = gate();
  const store = app.storeFile();
  const attempts: number[] = [];
  const faults: Faults = { beforeActivity: ({ attempt }) => void attempts.push(attempt) };
  const crashed = await app.start({ store, faults });
  await crashed.client.startNew("again", { instanceId: "one", input: { turn: 2 } });
  await held.reached;
  await crashed.host.kill();
  held.open();
  const { host } = await app.start({ store, faults });
  await host.whenIdle();
  expect(attempts).toEqual([1, 2]);
});

it("15. a completion from before continueAsNew completes nothing in the execution after it", async () => {
  held = gate();
  const store = app.storeFile();
  const first = await app.start({ store });
  await first.client.startNew("again", { instanceId: "one", input: { turn: 1 } });
  await first.host.whenIdle();
  await first.host.close();

  // A queue may deliver a result of the first execution late, under an id that the second one uses again.
  const database = new DatabaseSync(store);
  const stale = { EventType: 5, EventId: -1, IsPlayed: false, Timestamp: "", TaskScheduledId: 0, Result: '"stale"' };
  const insert = database.prepare(
    "INSERT INTO inbox (instance_id, execution_id, first, due_at, event) SELECT 'one', execution_id, 0, ?, ? FROM instances",
  );
  const dueAt = first.clock.now().getTime() + 60_000;
  insert.run(dueAt, JSON.stringify(stale));
  database.close();

  const clock = virtualClock(first.clock.now(), { jumps: false });
  const { client, host } = await app.start({ store, clock });
  await client.raiseEvent("one", "go", {});
  await held.reached;
  clock.advance(60_000);
  held.open();
  await host.whenIdle();
  expect((await client.getStatus("one")).output).toBe("held");
});

it("a store that another host uses is refused, and available again once that host has closed", async () => {
  const store = app.storeFile();
  const { host } = await app.start({ store });
  await expect(app.start({ store })).rejects.toThrow("stop the other host that uses it");
  await host.close();
  await expect(app.start({ store })).resolves.toBeDefined();
});
