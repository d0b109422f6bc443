import * as df from "durable-functions";
import { beforeEach, expect, it } from "vitest";
import { virtualClock } from "./clock.ts";
import { gate, testApp } from "./fixture/test-app.ts";

const app = testApp();
let ran: string[] = [];
let gates: Record<string, ReturnType<typeof gate>> = {};
let failing: Record<string, number> = {};

/** Records that it ran, waits at its gate if there is one, and fails as often as configured. */
app.activity("step", async (input) => {
  const { name } = input as { name: string };
  ran.push(name);
  await gates[name]?.pass();
  const failuresLeft = failing[name] ?? 0;
  failing[name] = failuresLeft - 1;
  if (failuresLeft > 0) throw new Error(`${name} failed`);
  return name;
});
const step = (context: df.OrchestrationContext, name: string) => context.df.callActivity("step", { name });
const hour = 3_600_000;
const later = (context: df.OrchestrationContext, milliseconds: number) =>
  context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + milliseconds));

beforeEach(() => {
  ran = [];
  gates = {};
  failing = {};
});

app.orchestration("sequence", function* (context) {
  const first = (yield step(context, "first")) as string;
  const second = (yield step(context, "second")) as string;
  return [first, second];
});
app.orchestration("parallel", function* (context) {
  return (yield context.df.Task.all([step(context, "a"), step(context, "b"), step(context, "c")])) as string[];
});
app.orchestration("leaves a timer", function* (context) {
  yield context.df.Task.any([step(context, "first"), later(context, hour)]);
  return "done";
});
app.orchestration("cancels its timer", function* (context) {
  const timer = later(context, hour);
  yield context.df.Task.any([step(context, "first"), timer]);
  timer.cancel();
  return "done";
});
app.orchestration("retries", function* (context) {
  const options = new df.RetryOptions(1000, 3);
  options.backoffCoefficient = 2;
  try {
    return (yield context.df.callActivityWithRetry("step", options, { name: "flaky" })) as string;
  } catch (error) {
    const after = (yield step(context, "after")) as string;
    return { message: (error as Error).message, after };
  }
});
app.orchestration("compensates", function* (context) {
  try {
    yield context.df.Task.all([step(context, "bad"), step(context, "slow")]);
  } catch {
    return (yield step(context, "compensation")) as string;
  }
  return "unexpected";
});
app.orchestration("calls an activity that nobody has", function* (context) {
  yield context.df.callActivity("nobody", {});
});
app.orchestration("calls a sub-orchestration that nobody has", function* (context) {
  yield context.df.callSubOrchestrator("nobody", {});
});
app.orchestration("child", function* (context) {
  return (yield step(context, "child step")) as string;
});
app.orchestration("parent", function* (context) {
  try {
    return (yield context.df.callSubOrchestrator("child", {}, "the-child")) as string;
  } catch (error) {
    return (error as Error).message;
  }
});
app.orchestration("retrying parent", function* (context) {
  const options = new df.RetryOptions(60_000, 3);
  return (yield context.df.callSubOrchestratorWithRetry("child", options, {}, "the-child")) as string;
});

it("3. an activity whose acknowledgement is lost runs again, with no other effect", async () => {
  const attempts: number[] = [];
  const { run } = await app.start({
    faults: {
      afterActivity({ attempt, input }) {
        if ((input as { name: string }).name !== "first") return undefined;
        attempts.push(attempt);
        return attempt === 1 ? "run again" : undefined;
      },
    },
  });
  expect((await run("sequence")).output).toEqual(["first", "second"]);
  expect(ran).toEqual(["first", "first", "second"]);
  expect(attempts).toEqual([1, 2]);
});

it.each(["sequence", "parallel", "retries", "parent", "cancels its timer"])(
  "4. completions that are delivered twice do not change the outcome of %s",
  async (name) => {
    failing = { flaky: 1 };
    const once = await (await app.start()).run(name);
    const ranOnce = ran;
    ran = [];
    failing = { flaky: 1 };
    const twice = await (await app.start({ faults: { duplicateCompletions: true } })).run(name);
    expect(twice.runtimeStatus).toBe("Completed");
    expect(twice.output).toEqual(once.output);
    expect(ran).toEqual(ranOnce);
  },
);

it("5. results of Task.all keep their order whatever the order of completion", async () => {
  gates = { a: gate(), b: gate(), c: gate() };
  const committed: string[] = [];
  const { host, client } = await app.start({
    faults: {
      afterActivity({ input }) {
        committed.push((input as { name: string }).name);
      },
    },
  });
  const id = await client.startNew("parallel", { input: {} });
  await Promise.all(Object.values(gates).map(({ reached }) => reached));
  for (const name of ["c", "a", "b"]) {
    gates[name]?.open();
    await new Promise(setImmediate);
  }
  await host.whenIdle();
  expect(committed).toEqual(["c", "a", "b"]);
  expect((await client.getStatus(id)).output).toEqual(["a", "b", "c"]);
});

it("8. a timer that was not cancelled keeps the instance running until it fires", async () => {
  const clock = virtualClock("2026-01-05T08:00:00Z", { jumps: false });
  const { run, client, host } = await app.start({ clock });
  const { instanceId, runtimeStatus } = await run("leaves a timer");
  expect(runtimeStatus).toBe("Running");
  clock.advance(hour - 1);
  await host.whenIdle();
  expect((await client.getStatus(instanceId)).runtimeStatus).toBe("Running");
  clock.advance(1);
  await host.whenIdle();
  expect((await client.getStatus(instanceId)).runtimeStatus).toBe("Completed");
});

it("8. a cancelled timer lets the instance complete at once", async () => {
  const { run, clock } = await app.start();
  const before = clock.now();
  expect((await run("cancels its timer")).runtimeStatus).toBe("Completed");
  expect(clock.now()).toEqual(before);
});

it("9. three attempts fail after two growing delays, and the orchestrator gets the last failure", async () => {
  failing = { flaky: 99 };
  const at: number[] = [];
  const clock = virtualClock();
  const { run } = await app.start({ clock, faults: { beforeActivity: () => void at.push(clock.now().getTime()) } });
  const { output } = await run("retries");
  expect(output).toMatchObject({ after: "after" });
  expect((output as { message: string }).message).toContain("Activity function 'step' failed: flaky failed");
  expect(ran).toEqual(["flaky", "flaky", "flaky", "after"]);
  expect(at.map((each) => each - (at[0] ?? 0))).toEqual([0, 1000, 3000, 3000]);
});

it("9. a successful retry returns its result, and attempts are counted", async () => {
  const attempts: number[] = [];
  const { run } = await app.start({
    faults: {
      beforeActivity({ attempt }) {
        attempts.push(attempt);
        if (attempt < 3) throw new Error("not yet");
      },
    },
  });
  expect((await run("retries")).output).toBe("flaky");
  expect(attempts).toEqual([1, 2, 3]);
  expect(ran).toEqual(["flaky"]);
});

it("10. compensation after a failed Task.all begins only after all siblings have ended", async () => {
  failing = { bad: 1 };
  gates = { slow: gate() };
  const { host, client } = await app.start();
  const id = await client.startNew("compensates", { input: {} });
  await gates["slow"]?.reached;
  // Enough rounds for a compensation that does not wait.
  for (let round = 0; round < 20; round++) await new Promise(setImmediate);
  expect(ran.toSorted()).toEqual(["bad", "slow"]);
  expect((await client.getStatus(id)).runtimeStatus).toBe("Running");
  gates["slow"]?.open();
  await host.whenIdle();
  expect(ran.at(-1)).toBe("compensation");
  expect((await client.getStatus(id)).output).toBe("compensation");
});

it.each(["an activity", "a sub-orchestration"])(
  "11. calling %s that does not exist leaves the instance running until it is terminated",
  async (what) => {
    const { client, host, run, logged } = await app.start();
    const { instanceId, runtimeStatus } = await run(`calls ${what} that nobody has`);
    expect(runtimeStatus).toBe("Running");
    expect(logged.filter(({ level }) => level === "warning").map(({ message }) => message)).toEqual([
      expect.stringContaining("waits forever, as it would in Azure: The function 'nobody' doesn't exist"),
    ]);
    await client.terminate(instanceId, "stuck");
    await host.whenIdle();
    expect((await client.getStatus(instanceId)).runtimeStatus).toBe("Terminated");
    await client.startNew("sequence", { instanceId, input: {} });
    await host.whenIdle();
    expect((await client.getStatus(instanceId)).output).toEqual(["first", "second"]);
  },
);

it("16. a sub-orchestration's failure reaches its parent with the child's message", async () => {
  failing = { "child step": 1 };
  const { run, client } = await app.start();
  const { output } = await run("parent");
  expect(output).toContain("Orchestrator function 'child' failed: Activity function 'step' failed: child step failed");
  expect((await client.getStatus("the-child")).runtimeStatus).toBe("Failed");
});

it("16. a sub-orchestration is retried with the same id", async () => {
  failing = { "child step": 2 };
  const { run, clock, client } = await app.start();
  const before = clock.now().getTime();
  expect((await run("retrying parent")).output).toBe("child step");
  expect(clock.now().getTime() - before).toBe(2 * 60_000);
  expect((await client.getStatus("the-child")).runtimeStatus).toBe("Completed");
});
