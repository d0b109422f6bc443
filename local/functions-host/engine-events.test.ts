import { expect, it } from "vitest";
import { virtualClock } from "./clock.ts";
import { gate, testApp } from "./fixture/test-app.ts";

const app = testApp();
let held = gate();
let ran: unknown[] = [];
const still = () => virtualClock("2026-01-05T08:00:00Z", { jumps: false });

app.activity("hold", async (input) => {
  ran.push(input);
  await held.pass();
});
app.activity("note", (input) => {
  ran.push(input);
});
app.orchestration("reads two, late", function* (context) {
  yield context.df.callActivity("hold", {});
  const first = (yield context.df.waitForExternalEvent("go")) as unknown;
  const second = (yield context.df.waitForExternalEvent("go")) as unknown;
  return [first, second];
});
app.orchestration("two waiters", function* (context) {
  const waiters = [context.df.waitForExternalEvent("go"), context.df.waitForExternalEvent("go")];
  return (yield context.df.Task.all(waiters)) as unknown[];
});
app.orchestration("waits for Go", function* (context) {
  return (yield context.df.waitForExternalEvent("Go")) as unknown;
});
app.orchestration("serves", function* (context) {
  const { turn } = context.df.getInput<{ turn: number }>();
  const command = (yield context.df.waitForExternalEvent("command")) as { last: boolean };
  yield context.df.callActivity("hold", { turn, command });
  if (!command.last) context.df.continueAsNew({ turn: turn + 1 });
  return { turn, command };
});
app.orchestration("two steps", function* (context) {
  yield context.df.callActivity("hold", { step: 1 });
  yield context.df.callActivity("note", { step: 2 });
  return "done";
});
app.orchestration("waits, then steps", function* (context) {
  yield context.df.waitForExternalEvent("go");
  yield context.df.callActivity("note", {});
  return "done";
});
app.orchestration("gives up after an hour", function* (context) {
  const timeout = context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + 3_600_000));
  const event = context.df.waitForExternalEvent("go");
  const winner = (yield context.df.Task.any([event, timeout])) as unknown;
  if (winner === timeout) return "gave up";
  timeout.cancel();
  return "went";
});

app.orchestration("asks twice", function* (context) {
  const first = context.df.waitForExternalEvent("go");
  const timer = context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + 1000));
  yield context.df.Task.any([first, timer]);
  const answer = (yield context.df.waitForExternalEvent("go")) as unknown;
  yield context.df.callActivity("note", answer);
  return answer;
});

async function start(options: Parameters<typeof app.start>[0] = {}) {
  held = gate();
  ran = [];
  return app.start(options);
}

it("6. events that arrive before anybody waits are kept, first in first out", async () => {
  const { client, host } = await start();
  await client.startNew("reads two, late", { instanceId: "one", input: {} });
  await held.reached;
  await client.raiseEvent("one", "go", { number: 1 });
  await client.raiseEvent("one", "go", { number: 2 });
  held.open();
  await host.whenIdle();
  expect((await client.getStatus("one")).output).toEqual([{ number: 1 }, { number: 2 }]);
});

it("6. of two waiters for one event, the last one gets the first event", async () => {
  const { client, host } = await start();
  await client.startNew("two waiters", { instanceId: "one", input: {} });
  await client.raiseEvent("one", "go", { number: 1 });
  await client.raiseEvent("one", "go", { number: 2 });
  await host.whenIdle();
  expect((await client.getStatus("one")).output).toEqual([{ number: 2 }, { number: 1 }]);
});

it("6. an event goes to the current waiter, not to one that has given up", async () => {
  const clock = still();
  const { client, host } = await start({ clock });
  await client.startNew("asks twice", { instanceId: "one", input: {} });
  await host.whenIdle();
  clock.advance(1000);
  await host.whenIdle();
  await client.raiseEvent("one", "go", { answer: 1 });
  await host.whenIdle();
  expect((await client.getStatus("one")).output).toEqual({ answer: 1 });
});

it("6. events have the same result in one batch and one by one", async () => {
  const { client, host } = await start();
  await client.startNew("two waiters", { instanceId: "one", input: {} });
  for (const number of [1, 2]) {
    await host.whenIdle();
    await client.raiseEvent("one", "go", { number });
  }
  await host.whenIdle();
  expect((await client.getStatus("one")).output).toEqual([{ number: 2 }, { number: 1 }]);
});

it("7. an event whose name differs in case does not match", async () => {
  const { client, host } = await start();
  await client.startNew("waits for Go", { instanceId: "one", input: {} });
  await client.raiseEvent("one", "go", { wrong: true });
  await host.whenIdle();
  expect((await client.getStatus("one")).runtimeStatus).toBe("Running");
  await client.raiseEvent("one", "Go", { right: true });
  await host.whenIdle();
  expect((await client.getStatus("one")).output).toEqual({ right: true });
});

it("8. whichever comes first wins, the event or its timeout", async () => {
  const clock = still();
  const { client, host } = await start({ clock });
  await client.startNew("gives up after an hour", { instanceId: "event", input: {} });
  await client.startNew("gives up after an hour", { instanceId: "timeout", input: {} });
  await host.whenIdle();
  await client.raiseEvent("event", "go", {});
  clock.advance(3_600_000);
  await host.whenIdle();
  expect((await client.getStatus("event")).output).toBe("went");
  expect((await client.getStatus("timeout")).output).toBe("gave up");
});

it("13. terminate ends an instance at once; its activity's later result is dropped", async () => {
  const { client, host, untilLogged } = await start();
  await client.startNew("two steps", { instanceId: "one", input: {} });
  await held.reached;
  await client.terminate("one", "enough");
  await untilLogged("one: Function 'two steps (Orchestrator)' Terminated");
  held.open();
  await host.whenIdle();
  expect(ran).toEqual([{ step: 1 }]);
  expect(await client.getStatus("one")).toMatchObject({ runtimeStatus: "Terminated", output: "enough" });
});

it("14. a suspended instance does not process messages until it is resumed", async () => {
  const { client, host } = await start();
  await client.startNew("two steps", { instanceId: "one", input: {} });
  await held.reached;
  await client.suspend("one", "wait");
  held.open();
  await host.whenIdle();
  expect((await client.getStatus("one")).runtimeStatus).toBe("Suspended");
  expect(ran).toEqual([{ step: 1 }]);
  await client.resume("one", "go on");
  await host.whenIdle();
  expect(ran).toEqual([{ step: 1 }, { step: 2 }]);
  expect((await client.getStatus("one")).output).toBe("done");
});

it("14. actions that were not yet sent when the suspension arrived are sent after the resumption", async () => {
  const arrived = gate();
  let isFirst = true;
  const { client, host } = await start({
    faults: {
      // Delays the first work item until event and suspension are in the inbox, so that one batch has both.
      async beforeCommit({ kind }) {
        if (kind !== "orchestration" || !isFirst) return;
        isFirst = false;
        await arrived.pass();
      },
    },
  });
  await client.startNew("waits, then steps", { instanceId: "one", input: {} });
  await arrived.reached;
  await client.raiseEvent("one", "go", {});
  await client.suspend("one", "wait");
  arrived.open();
  await host.whenIdle();
  expect((await client.getStatus("one")).runtimeStatus).toBe("Suspended");
  expect(ran).toEqual([]);
  await client.resume("one", "go on");
  await host.whenIdle();
  expect(ran).toEqual([{}]);
  expect((await client.getStatus("one")).output).toBe("done");
});

it("14. a suspended instance can be terminated", async () => {
  const { client, host } = await start();
  await client.startNew("waits for Go", { instanceId: "one", input: {} });
  await client.suspend("one", "wait");
  await host.whenIdle();
  await client.terminate("one", "enough");
  await host.whenIdle();
  expect((await client.getStatus("one")).runtimeStatus).toBe("Terminated");
});

it("15. continueAsNew loses earlier events that were not read", async () => {
  const { client, host } = await start();
  await client.startNew("serves", { instanceId: "one", input: { turn: 1 } });
  await client.raiseEvent("one", "command", { name: "a", last: false });
  await held.reached;
  await client.raiseEvent("one", "command", { name: "b", last: true });
  held.open();
  await host.whenIdle();
  expect((await client.getStatus("one")).runtimeStatus).toBe("Running");
  expect(ran).toMatchObject([{ turn: 1, command: { name: "a" } }]);
  await client.raiseEvent("one", "command", { name: "c", last: true });
  await host.whenIdle();
  expect(await client.getStatus("one")).toMatchObject({
    runtimeStatus: "Completed",
    output: { turn: 2, command: { name: "c" } },
  });
});
