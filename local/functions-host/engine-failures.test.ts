import * as df from "durable-functions";
import { expect, it } from "vitest";
import { virtualClock } from "./clock.ts";
import { gate, testApp } from "./fixture/test-app.ts";

const app = testApp();
let held = gate();
let release = 1;
let coin = 0;

app.activity("hold", async () => {
  await held.pass();
});
app.activity("pass", (input): unknown => input);
app.activity("big", () => 1n);
app.activity("fail", (input) => {
  throw new Error((input as { because: string }).because);
});
app.orchestration("changed", function* (context) {
  if (release === 1) yield context.df.callActivity("hold", {});
  if (release === 2) yield context.df.callActivity("pass", {});
  if (release === 3) yield context.df.createTimer(context.df.currentUtcDateTime);
  return "done";
});
const throwing: Record<string, unknown> = {
  "a string": "no",
  "an object": { code: 1 },
  "an Error without message": new Error(""),
  undefined,
};
for (const [what, value] of Object.entries(throwing)) {
  app.orchestration(`throws ${what}`, function* (context) {
    yield context.df.callActivity("pass", {});
    throw value;
  });
}
app.orchestration("throws", function* (context) {
  yield context.df.callActivity("pass", {});
  throw new Error("on purpose");
});
app.orchestration("is random", function* (context) {
  coin += 1;
  yield context.df.callActivity("pass", { coin });
  return "done";
});
app.orchestration("yields nothing", function* () {
  yield undefined as unknown as df.Task;
});
app.orchestration("limits retries by time", function* (context) {
  const options = new df.RetryOptions(1000, 3);
  options.retryTimeoutInMilliseconds = 1500;
  yield context.df.callActivityWithRetry("fail", options, { because: "never" });
});
app.orchestration("long status", function* (context) {
  context.df.setCustomStatus("x".repeat(8_200));
  yield context.df.callActivity("pass", {});
});
app.orchestration("long timer", function* (context) {
  yield context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + 7 * 86_400_000));
});
app.orchestration("slides a window", function* (context) {
  const tasks = [1, 2, 3].map((number) => context.df.callActivity("pass", { number }));
  yield context.df.Task.any(tasks.slice(0, 2));
  yield context.df.Task.any(tasks.slice(1));
});
app.orchestration("waits for one event in several rounds", function* (context) {
  const stop = context.df.waitForExternalEvent("stop");
  for (let round = 1; round < 4; round++) {
    const timer = context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + 1000));
    if (((yield context.df.Task.any([stop, timer])) as unknown) === stop) return "stopped";
  }
  return "three rounds";
});
app.orchestration("goes on while a sibling retries", function* (context) {
  const retry = new df.RetryOptions(60_000, 3);
  try {
    yield context.df.Task.all([
      context.df.callActivityWithRetry("fail", new df.RetryOptions(1, 1), { because: "at once" }),
      context.df.callActivityWithRetry("fail", retry, { because: "slowly" }),
    ]);
  } catch {
    yield context.df.callActivity("pass", {});
  }
});
app.orchestration("does too much", function* (context) {
  for (let round = 0; round < 4; round++) {
    yield context.df.Task.all(Array.from({ length: 8 }, () => context.df.callActivity("pass", {})));
  }
});
app.orchestration("returns no JSON", function* (context) {
  yield context.df.callActivity("pass", {});
  return { big: 1n };
});
app.orchestration("gets no JSON", function* (context) {
  yield context.df.callActivity("big", {});
});
app.orchestration("calls an entity", function* (context) {
  yield context.df.callEntity(new df.EntityId("counter", "one"), "add", 1);
});
app.orchestration("is its own child", function* (context) {
  yield context.df.callSubOrchestrator("throws", {}, context.df.instanceId.toUpperCase());
});
app.orchestration("starts a running child", function* (context) {
  try {
    yield context.df.callSubOrchestrator("changed", {}, "busy");
  } catch (error) {
    return (error as Error).message;
  }
  return "unexpected";
});

it.each([
  [2, "schedules 'pass' there"],
  [3, "schedules a timer there"],
  [4, "schedules nothing there"],
])("12. code that changed (release %i) under a running instance fails it as non-deterministic", async (next, words) => {
  held = gate();
  release = 1;
  const { client, host } = await app.start();
  await client.startNew("changed", { instanceId: "one", input: {} });
  await held.reached;
  release = next;
  held.open();
  await host.whenIdle();
  const { runtimeStatus, output } = await client.getStatus("one");
  expect(runtimeStatus).toBe("Failed");
  expect(output).toContain("Non-Deterministic workflow detected");
  expect(output).toContain(words);
});

it.each(Object.keys(throwing).filter((what) => what !== "undefined"))(
  "21. an orchestrator that throws %s fails with the reason, instead of running forever",
  async (what) => {
    const { runtimeStatus, output } = await (await app.start()).run(`throws ${what}`);
    expect(runtimeStatus).toBe("Failed");
    expect(output).toContain(
      `Orchestrator function 'throws ${what}' failed: strict mode: the orchestrator threw something`,
    );
  },
);

it("21. an orchestrator that throws undefined fails, because nothing could ever wake it", async () => {
  const { runtimeStatus, output } = await (await app.start()).run("throws undefined");
  expect(runtimeStatus).toBe("Failed");
  expect(output).toContain("will never complete");
});

it("an orchestrator's Error becomes its output", async () => {
  const { runtimeStatus, output } = await (await app.start()).run("throws");
  expect([runtimeStatus, output]).toEqual(["Failed", "Orchestrator function 'throws' failed: on purpose"]);
});

it.each([
  ["limits retries by time", "retryTimeoutInMilliseconds"],
  ["long status", "more than 16 KB"],
  ["long timer", "longer than 6 days"],
  ["slides a window", "more than one Task.all or Task.any"],
  ["goes on while a sibling retries", "still being retried"],
  ["does too much", "more than 30 actions"],
  ["returns no JSON", "BigInt"],
  ["gets no JSON", "Activity function 'big' failed: Do not know how to serialize a BigInt"],
  ["calls an entity", "entities are not supported"],
  ["yields nothing", "programming constraint violation"],
  ["is its own child", "is its parent's"],
])("strict mode fails what Azure's host would hang on or get wrong: %s", async (name, words) => {
  const { runtimeStatus, output } = await (await app.start()).run(name);
  expect(runtimeStatus).toBe("Failed");
  expect(output).toContain(words);
});

it("strict mode allows waiting for an event in several rounds", async () => {
  const { output } = await (await app.start()).run("waits for one event in several rounds");
  expect(output).toBe("three rounds");
});

it("strict mode fails a parent whose child's id is taken by a running instance", async () => {
  held = gate();
  release = 1;
  const { client, host, untilLogged } = await app.start();
  await client.startNew("changed", { instanceId: "busy", input: {} });
  await held.reached;
  const id = await client.startNew("starts a running child", { input: {} });
  await untilLogged(`${id}: Function 'starts a running child (Orchestrator)' Completed`);
  expect((await client.getStatus(id)).output).toContain("'busy' is already Running");
  held.open();
  await host.whenIdle();
});

it("an orchestrator that decides differently the second time fails if every work item is replayed twice", async () => {
  expect((await (await app.start()).run("is random")).runtimeStatus).toBe("Completed");
  const { output } = await (await app.start({ faults: { replayTwice: true } })).run("is random");
  expect(output).toContain("two runs on the same history decided differently");
});

it.each(["a\\b", "a\u0001b"])("an instance id such as %j is refused", async (instanceId) => {
  const { host } = await app.start();
  const path = `orchestrators/throws/${encodeURIComponent(instanceId)}`;
  const response = await fetch(`${host.durableUrl}/${path}`, { method: "POST", body: "{}" });
  expect(response.status).toBe(400);
});

it("a start whose input is not JSON is refused", async () => {
  const { host } = await app.start();
  const start = await fetch(`${host.durableUrl}/orchestrators/throws`, { method: "POST", body: "{" });
  expect(start.status).toBe(400);
});

it("virtual time stands still if there is no durable timer", async () => {
  const clock = virtualClock("2026-01-05T08:00:00Z");
  const { host } = await app.start({ clock });
  await host.whenIdle();
  expect(clock.now()).toEqual(new Date("2026-01-05T08:00:00Z"));
});
