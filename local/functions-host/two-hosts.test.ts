import { app as azure } from "@azure/functions";
import { spawnSync } from "node:child_process";
import path from "node:path";
import { beforeEach, expect, it } from "vitest";
import { whenAllIdle } from "./all-idle.ts";
import { virtualClock } from "./clock.ts";
import type { VirtualClock } from "./clock.ts";
import type { Faults } from "./faults.ts";
import { registerSaga } from "./fixture/saga.ts";
import { gate, testApp } from "./fixture/test-app.ts";
import type { Started } from "./fixture/test-app.ts";

const minute = 60_000;
const visibilityTimeouts = { controlQueueVisibilityTimeout: minute, workItemQueueVisibilityTimeout: 2 * minute };
process.env["TWO_HOSTS_SCHEDULE"] = "0 */5 * * * *";

const app = testApp();
let ran: string[] = [];
let gates: Record<string, ReturnType<typeof gate>> = {};
let fired: string[] = [];
let clock: VirtualClock;
let store: string;

app.activity("step", async (input) => {
  const { name } = input as { name: string };
  ran.push(name);
  await gates[name]?.pass();
  return name;
});
app.activity("effect", (input) => (input as { name: string }).name);
registerSaga(app);
app.orchestration("steps", function* (context) {
  const { names } = context.df.getInput<{ names: string[] }>();
  for (const name of names) yield context.df.callActivity("step", { name });
  return names;
});
app.orchestration("waits", function* (context) {
  const first: unknown = yield context.df.waitForExternalEvent("go");
  const second: unknown = yield context.df.waitForExternalEvent("go");
  return [first, second];
});
app.orchestration("sleeps", function* (context) {
  yield context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + 10 * minute));
});
app.register(() => {
  azure.timer("tick", {
    schedule: "%TWO_HOSTS_SCHEDULE%",
    handler: () => void fired.push(clock.now().toISOString().slice(11, 16)),
  });
});

beforeEach(() => {
  ran = [];
  gates = {};
  fired = [];
  clock = virtualClock("2026-01-05T08:01:00Z", { jumps: false });
  store = app.storeFile();
});

const startHost = (faults: Faults = {}) => app.start({ store, clock, sharedHub: true, visibilityTimeouts, faults });
const statusOf = async ({ client }: Started, id: string) => (await client.getStatus(id)).runtimeStatus;

it("instances started on one host run on both, each activity once", async () => {
  const ranOn: Record<string, string[]> = { a: [], b: [] };
  const note = (host: "a" | "b"): Faults => ({
    beforeActivity: ({ input }) => void ranOn[host]?.push((input as { name: string }).name),
  });
  const [a, b] = [await startHost(note("a")), await startHost(note("b"))];
  const names = ["1", "2", "3", "4", "5", "6"];
  gates = Object.fromEntries(names.map((name) => [name, gate()]));
  for (const name of names) await a.client.startNew("steps", { instanceId: name, input: { names: [name] } });
  // host.json allows three activities at the same time on each host.
  await Promise.all(Object.values(gates).map(({ reached }) => reached));
  expect([ranOn["a"]?.length, ranOn["b"]?.length]).toEqual([3, 3]);
  for (const name of names) gates[name]?.open();
  await whenAllIdle([a.host, b.host]);
  expect(ran.toSorted()).toEqual(names);
  for (const name of names) expect(await statusOf(b, name)).toBe("Completed");
});

it("a killed host's unfinished work resumes on the other host after the visibility timeout", async () => {
  gates = { held: gate() };
  const a = await startHost();
  await a.client.startNew("steps", { instanceId: "one", input: { names: ["held", "after"] } });
  await gates["held"]?.reached;
  const b = await startHost();
  await a.host.kill();
  gates["held"]?.open();

  await b.client.startNew("steps", { instanceId: "other", input: { names: ["other"] } });
  await b.host.whenIdle();
  expect([await statusOf(b, "one"), await statusOf(b, "other")]).toEqual(["Running", "Completed"]);
  clock.advance(2 * minute - 1);
  await b.host.whenIdle();
  expect(ran).toEqual(["held", "other"]);
  clock.advance(1);
  await b.host.whenIdle();
  expect(ran).toEqual(["held", "other", "held", "after"]);
  expect(await statusOf(b, "one")).toBe("Completed");
});

it("a killed host's unfinished turn is repeated after the control queue's timeout", async () => {
  const turn = gate();
  const a = await startHost({ beforeCommit: ({ kind }) => (kind === "orchestration" ? turn.pass() : undefined) });
  await a.client.startNew("steps", { instanceId: "one", input: { names: ["first"] } });
  await turn.reached;
  const b = await startHost();
  await a.host.kill();
  clock.advance(minute - 1);
  await b.host.whenIdle();
  expect(await statusOf(b, "one")).toBe("Pending");
  clock.advance(1);
  await b.host.whenIdle();
  expect(await statusOf(b, "one")).toBe("Completed");
});

it("a running host keeps its work, however long it takes", async () => {
  gates = { held: gate() };
  const a = await startHost();
  await a.client.startNew("steps", { instanceId: "one", input: { names: ["held"] } });
  await gates["held"]?.reached;
  const b = await startHost();
  clock.advance(60 * minute);
  await b.host.whenIdle();
  gates["held"]?.open();
  await whenAllIdle([a.host, b.host]);
  expect(ran).toEqual(["held"]);
  expect(await statusOf(b, "one")).toBe("Completed");
});

it("a killed process leaves its unfinished work to the other host", async () => {
  const program = path.join(import.meta.dirname, "fixture/killed-host.ts");
  const child = spawnSync(process.execPath, [program, store, "shared"], { encoding: "utf8" });
  expect(child.signal, child.stderr).toBe("SIGKILL");
  const b = await startHost();
  await b.host.whenIdle();
  expect(await statusOf(b, "saga")).toBe("Running");
  // The killed host's default timeout, and the minute that its saga slept.
  clock.advance(6 * minute);
  await b.host.whenIdle();
  expect((await b.client.getStatus("saga")).output).toEqual(["first", "second"]);
});

it("an instance runs one turn at a time, whichever host gets its messages", async () => {
  const turn = gate();
  let isHeld = false;
  const a = await startHost({
    beforeCommit: ({ kind }) => (kind === "orchestration" && isHeld ? turn.pass() : undefined),
  });
  await a.client.startNew("waits", { instanceId: "one", input: {} });
  await a.host.whenIdle();
  isHeld = true;
  await a.client.raiseEvent("one", "go", { n: 1 });
  await turn.reached;
  const b = await startHost();
  await b.client.raiseEvent("one", "go", { n: 2 });
  await b.host.whenIdle();
  expect(await statusOf(b, "one")).toBe("Running");
  turn.open();
  await whenAllIdle([a.host, b.host]);
  expect((await b.client.getStatus("one")).output).toEqual([{ n: 1 }, { n: 2 }]);
});

it("after terminate and start on the other host, the old activity overlaps both new ones", async () => {
  gates = { old: gate() };
  const a = await startHost();
  await a.client.startNew("steps", { instanceId: "one", input: { names: ["old", "never"] } });
  await gates["old"]?.reached;
  const b = await startHost();
  const ended = (status: string) => `one: Function 'steps (Orchestrator)' ${status}`;
  const untilEnded = (status: string) => Promise.race([a.untilLogged(ended(status)), b.untilLogged(ended(status))]);
  await b.client.terminate("one", "again");
  await untilEnded("Terminated");
  await b.client.startNew("steps", { instanceId: "one", input: { names: ["new 1", "new 2"] } });
  await untilEnded("Completed");
  expect(ran).toEqual(["old", "new 1", "new 2"]);
  expect(await statusOf(b, "one")).toBe("Completed");
  gates["old"]?.open();
  await whenAllIdle([a.host, b.host]);
  expect((await b.client.getStatus("one")).output).toEqual(["new 1", "new 2"]);
});

it("concurrent starts of one id on both hosts are accepted, and one generation runs", async () => {
  const begin = gate();
  let missing = 2;
  const race: Faults = {
    async beforeCommit({ name }) {
      if (name !== "ExecutionStarted") return;
      missing -= 1;
      if (missing === 0) begin.open();
      await begin.pass();
    },
  };
  const [a, b] = [await startHost(race), await startHost(race)];
  const start = ({ client }: Started, name: string) =>
    client.startNew("steps", { instanceId: "one", input: { names: [name] } });
  expect(await Promise.all([start(a, "a"), start(b, "b")])).toEqual(["one", "one"]);
  await whenAllIdle([a.host, b.host]);
  expect(ran).toHaveLength(1);
  expect((await a.client.getStatus("one")).output).toEqual(ran);
});

it("timer triggers run on one host; the other one takes over when it is gone", async () => {
  const [a, b] = [await startHost(), await startHost()];
  const pass = async (minutes: number, hosts: Started[]) => {
    for (let count = 0; count < minutes; count += 1) {
      clock.advance(minute);
      await whenAllIdle(hosts.map(({ host }) => host));
    }
  };
  await pass(10, [a, b]);
  expect(fired).toEqual(["08:05", "08:10"]);
  await a.host.kill();
  await pass(10, [b]);
  expect(fired).toEqual(["08:05", "08:10", "08:15", "08:20"]);
  const c = await startHost();
  await b.host.close();
  await pass(5, [c]);
  expect(fired.at(-1)).toBe("08:25");
});

it("time does not jump over the other host's work", async () => {
  clock = virtualClock("2026-01-05T08:01:00Z");
  gates = { held: gate() };
  const a = await startHost();
  await a.client.startNew("steps", { instanceId: "one", input: { names: ["held"] } });
  await gates["held"]?.reached;
  const b = await startHost();
  await b.client.startNew("sleeps", { instanceId: "two", input: {} });
  await b.host.whenIdle();
  expect(clock.now()).toEqual(new Date("2026-01-05T08:01:00Z"));
  gates["held"]?.open();
  await whenAllIdle([a.host, b.host]);
  expect(await statusOf(b, "two")).toBe("Completed");
});

it("a hub is shared only if every host requests it", async () => {
  const { host } = await startHost();
  await expect(app.start({ store, clock })).rejects.toThrow("stop the other host that uses it");
  await host.close();
  await app.start({ store, clock });
  await expect(startHost()).rejects.toThrow("stop the other host that uses it");
  await expect(app.start({ sharedHub: true })).rejects.toThrow("a shared hub must be a file");
});
