import { expect, it } from "vitest";
import { virtualClock } from "./clock.ts";
import type { Faults } from "./faults.ts";
import { gate, testApp } from "./fixture/test-app.ts";

const app = testApp();
let held = gate();
let ran: unknown[] = [];

app.activity("hold", async (input) => {
  ran.push(input);
  await held.pass();
});
app.orchestration("steps", function* (context) {
  const { generation } = context.df.getInput<{ generation: number }>();
  yield context.df.callActivity("hold", { generation, step: 1 });
  yield context.df.callActivity("hold", { generation, step: 2 });
  return generation;
});
app.orchestration("waits", function* (context) {
  for (;;) yield context.df.waitForExternalEvent("go");
});
app.orchestration("sleeps", function* (context) {
  yield context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + 60_000));
});

async function start(faults: Faults = {}) {
  held = gate();
  ran = [];
  const clock = virtualClock("2026-01-05T08:00:00Z", { jumps: false });
  return { ...(await app.start({ faults, clock })), clock };
}

it("lastUpdatedTime changes whenever the history grows, and at no other time", async () => {
  const { client, host, clock } = await start();
  const updatedAfter = async (act: () => Promise<unknown>) => {
    clock.advance(60_000);
    await act();
    await host.whenIdle();
    return (await client.getStatus("one")).lastUpdatedTime.toISOString().slice(11, 16);
  };
  expect(await updatedAfter(() => client.startNew("waits", { instanceId: "one", input: {} }))).toBe("08:01");
  expect(await updatedAfter(() => Promise.resolve())).toBe("08:01");
  expect(await updatedAfter(() => client.raiseEvent("one", "go", {}))).toBe("08:03");
  expect(await updatedAfter(() => client.raiseEvent("one", "unread", {}))).toBe("08:04");
  expect(await updatedAfter(() => client.suspend("one", "wait"))).toBe("08:05");
  expect(await updatedAfter(() => client.raiseEvent("one", "go", {}))).toBe("08:06");
  expect(await updatedAfter(() => client.resume("one", "go on"))).toBe("08:07");
  expect(await updatedAfter(() => client.terminate("one", "enough"))).toBe("08:08");
  expect(await updatedAfter(() => client.raiseEvent("one", "go", {}))).toBe("08:08");
});

it("an instance is Pending until its first turn is committed, and Running while its activity is running", async () => {
  const turn = gate();
  const { client, host } = await start({
    beforeCommit: ({ kind }) => (kind === "orchestration" ? turn.pass() : undefined),
  });
  await client.startNew("steps", { instanceId: "one", input: { generation: 1 } });
  await turn.reached;
  expect((await client.getStatus("one")).runtimeStatus).toBe("Pending");
  turn.open();
  await held.reached;
  expect((await client.getStatus("one")).runtimeStatus).toBe("Running");
  held.open();
  await host.whenIdle();
});

it.each([
  ["start", "steps", "Pending"],
  ["activity's result", "steps", "Running"],
  ["timer", "sleeps", "Running"],
])(
  "an instance whose %s was lost stays as it is until it is terminated; then its id is free",
  async (lost, name, is) => {
    const faults: Faults = {};
    const { client, host, clock } = await start(faults);
    const lose = () => {
      faults.loseMessages = (instanceId) => instanceId === "one";
    };
    if (lost === "start") lose();
    await client.startNew(name, { instanceId: "one", input: { generation: 1 } });
    if (lost === "activity's result") await held.reached;
    if (lost === "timer") await host.whenIdle();
    lose();
    held.open();
    clock.advance(24 * 3_600_000);
    await host.whenIdle();
    const stuck = await client.getStatus("one");
    expect(stuck).toMatchObject({ runtimeStatus: is, lastUpdatedTime: new Date("2026-01-05T08:00:00Z") });
    await expect(client.startNew("steps", { instanceId: "one", input: { generation: 2 } })).rejects.toThrow("409");
    await expect(client.purgeInstanceHistory("one")).rejects.toThrow("412");

    delete faults.loseMessages;
    await client.terminate("one", "stuck");
    await host.whenIdle();
    await client.startNew("steps", { instanceId: "one", input: { generation: 2 } });
    await host.whenIdle();
    expect(await client.getStatus("one")).toMatchObject({ runtimeStatus: "Completed", output: 2 });
  },
);

it("an activity whose call was lost never runs", async () => {
  let isLost = false;
  const { client, host } = await start({
    beforeCommit({ kind }) {
      // The first turn is committed, but the call that it schedules is lost.
      if (kind === "orchestration") isLost = true;
    },
    loseMessages: () => isLost,
  });
  await client.startNew("steps", { instanceId: "one", input: { generation: 1 } });
  await host.whenIdle();
  expect(ran).toEqual([]);
  expect((await client.getStatus("one")).runtimeStatus).toBe("Running");
});

it("an activity of a terminated generation continues alongside the activities of the next one", async () => {
  const { client, host, untilLogged } = await start();
  await client.startNew("steps", { instanceId: "one", input: { generation: 1 } });
  await held.reached;
  const old = held;
  await client.terminate("one", "again");
  await untilLogged("one: Function 'steps (Orchestrator)' Terminated");
  held = gate();
  held.open();
  await client.startNew("steps", { instanceId: "one", input: { generation: 2 } });
  await untilLogged("one: Function 'steps (Orchestrator)' Completed");
  expect(ran).toEqual([
    { generation: 1, step: 1 },
    { generation: 2, step: 1 },
    { generation: 2, step: 2 },
  ]);
  old.open();
  await host.whenIdle();
  expect(await client.getStatus("one")).toMatchObject({ runtimeStatus: "Completed", output: 2 });
});
