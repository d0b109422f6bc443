import * as df from "durable-functions";
import { expect, it } from "vitest";
import type { Faults } from "./faults.ts";
import { gate, testApp } from "./fixture/test-app.ts";

const app = testApp();
let held = gate();
let runs: unknown[] = [];

app.activity("hold", async () => {
  await held.pass();
});
app.activity("note", (input) => {
  runs.push(input);
});
app.orchestration("held", function* (context) {
  yield context.df.callActivity("note", context.df.getInput());
  yield context.df.callActivity("hold", {});
  return context.df.getInput();
});
app.orchestration("throws", function* (context) {
  yield context.df.callActivity("note", context.df.getInput());
  throw new Error("on purpose");
});
app.orchestration("reports", function* (context) {
  context.df.setCustomStatus({ step: 1 });
  yield context.df.callActivity("hold", {});
  return "done";
});
app.orchestration("returns nothing", function* (context) {
  const nothing = (yield context.df.callActivity("note", {})) as unknown;
  return { nothing };
});
app.orchestration("returns undefined", function* (context) {
  yield context.df.callActivity("note", {});
});
app.orchestration("version", function* (context) {
  const child = (yield context.df.callSubOrchestrator("own version", {})) as unknown;
  return [context.df.version, child];
});
app.orchestration("own version", function* (context) {
  yield context.df.callActivity("note", {});
  return context.df.version;
});

async function startHeld() {
  held = gate();
  runs = [];
  return app.start();
}

it("1. a start with the id of a running instance is refused; with that of a finished one, it begins a fresh history", async () => {
  const { client, host } = await startHeld();
  await client.startNew("held", { instanceId: "one", input: { turn: 1 } });
  await expect(client.startNew("held", { instanceId: "one", input: { turn: 2 } })).rejects.toThrow("already exists");
  expect(await client.getStatus("one")).toMatchObject({ input: { turn: 1 } });
  held.open();
  await host.whenIdle();

  await client.startNew("held", { instanceId: "one", input: { turn: 3 } });
  await host.whenIdle();
  const status = await client.getStatus("one");
  expect(status).toMatchObject({ runtimeStatus: "Completed", output: { turn: 3 } });
  expect(runs).toEqual([{ turn: 1 }, { turn: 3 }]);
});

it.each(["Failed", "Terminated"])("1. an id is free again once its instance is %s", async (end) => {
  const { client, host } = await startHeld();
  await client.startNew(end === "Failed" ? "throws" : "held", { instanceId: "one", input: { turn: 1 } });
  if (end === "Terminated") await client.terminate("one", "enough");
  held.open();
  await host.whenIdle();
  expect((await client.getStatus("one")).runtimeStatus).toBe(end);

  await client.startNew("held", { instanceId: "one", input: { turn: 2 } });
  await host.whenIdle();
  expect(await client.getStatus("one")).toMatchObject({ runtimeStatus: "Completed", output: { turn: 2 } });
});

it("1. a suspended or pending instance keeps its id too", async () => {
  const { client, host } = await startHeld();
  await client.startNew("held", { instanceId: "one", input: { turn: 1 } });
  await held.reached;
  await client.suspend("one", "wait");
  held.open();
  await host.whenIdle();
  expect((await client.getStatus("one")).runtimeStatus).toBe("Suspended");
  await expect(client.startNew("held", { instanceId: "one", input: { turn: 2 } })).rejects.toThrow("already exists");
});

/** Lets `count` starts read the hub before the first of them writes. */
function race(count: number): Faults {
  const begin = gate();
  let missing = count;
  return {
    async beforeCommit({ name }) {
      if (name !== "ExecutionStarted") return;
      missing -= 1;
      if (missing <= 0) begin.open();
      await begin.pass();
    },
  };
}

it.each([
  ["that was never used", false],
  ["whose instance has ended", true],
])("2. concurrent starts of an id %s are all accepted, and one of them runs", async (_, isUsed) => {
  const faults: Faults = {};
  held = gate();
  runs = [];
  const { client, host } = await app.start({ faults });
  if (isUsed) {
    await client.startNew("throws", { instanceId: "one", input: { turn: 0 } });
    await host.whenIdle();
    runs = [];
  }
  Object.assign(faults, race(3));
  const starts = [1, 2, 3].map((turn) => client.startNew("held", { instanceId: "one", input: { turn } }));
  expect(await Promise.all(starts)).toEqual(["one", "one", "one"]);
  await held.reached;
  const { input } = await client.getStatus("one");
  held.open();
  await host.whenIdle();
  expect(runs).toEqual([input]);
  expect(await client.getStatus("one")).toMatchObject({ runtimeStatus: "Completed", output: input });
});

it("2. a start that reads the hub after another one has written is refused", async () => {
  const { client } = await startHeld();
  await client.startNew("held", { instanceId: "one", input: { turn: 1 } });
  await expect(client.startNew("held", { instanceId: "one", input: { turn: 2 } })).rejects.toThrow("409");
});

it("17. an event for a finished instance is ignored, and for an unknown one refused", async () => {
  const { client, host } = await startHeld();
  held.open();
  await client.startNew("held", { instanceId: "one", input: {} });
  await host.whenIdle();
  await expect(client.raiseEvent("one", "late", {})).resolves.toBeUndefined();
  await expect(client.terminate("one", "late")).resolves.toBeUndefined();
  await expect(client.raiseEvent("two", "lost", {})).rejects.toThrow("No instance with ID 'two' found");

  const raise = (id: string, body: string) =>
    fetch(`${host.durableUrl}/instances/${id}/raiseEvent/late`, { method: "POST", body });
  expect((await raise("one", "{}")).status).toBe(410);
  expect((await raise("two", "{}")).status).toBe(404);
  expect((await raise("one", "not json")).status).toBe(400);
  expect((await raise("one", "")).status).toBe(400);
});

it("18. a purge removes the status, and a second purge finds nothing", async () => {
  const { client, host } = await startHeld();
  held.open();
  await client.startNew("held", { instanceId: "one", input: {} });
  await host.whenIdle();
  expect(await client.purgeInstanceHistory("one")).toMatchObject({ instancesDeleted: 1 });
  await expect(client.getStatus("one")).rejects.toThrow("404");
  expect(await client.purgeInstanceHistory("one")).toMatchObject({ instancesDeleted: 0 });
});

it("18. an instance that has not ended cannot be purged, neither by id nor by filter", async () => {
  const { client, host, untilLogged } = await startHeld();
  await client.startNew("held", { instanceId: "one", input: {} });
  await held.reached;
  await expect(client.purgeInstanceHistory("one")).rejects.toThrow("412");
  const everything = { createdTimeFrom: new Date(0), runtimeStatus: [df.OrchestrationRuntimeStatus.Running] };
  expect(await client.purgeInstanceHistoryBy(everything)).toMatchObject({ instancesDeleted: 0 });
  await client.terminate("one", "enough");
  await untilLogged("one: Function 'held (Orchestrator)' Terminated");
  expect(await client.purgeInstanceHistory("one")).toMatchObject({ instancesDeleted: 1 });
  held.open();
  await host.whenIdle();
  await expect(client.getStatus("one")).rejects.toThrow("404");
});

it("24. a start of an orchestrator that does not exist is accepted, and the instance fails", async () => {
  const { run } = await startHeld();
  const { runtimeStatus, output } = await run("no such orchestrator");
  expect(runtimeStatus).toBe("Failed");
  expect(output).toContain("The function 'no such orchestrator' doesn't exist");
});

it("19. custom status is visible while the instance is running and after it has completed", async () => {
  const { client, host } = await startHeld();
  await client.startNew("reports", { instanceId: "one", input: {} });
  await held.reached;
  expect(await client.getStatus("one")).toMatchObject({ runtimeStatus: "Running", customStatus: { step: 1 } });
  held.open();
  await host.whenIdle();
  expect(await client.getStatus("one")).toMatchObject({ runtimeStatus: "Completed", customStatus: { step: 1 } });
});

it("22. undefined results of activities and orchestrators become null", async () => {
  const { run } = await startHeld();
  expect((await run("returns nothing")).output).toEqual({ nothing: null });
  expect((await run("returns undefined")).output).toBeNull();
});

it("23. instances and their children have host.json's defaultVersion, unless the start names another version", async () => {
  const { run, client, host } = await startHeld();
  expect((await run("version")).output).toEqual(["1.0", "1.0"]);
  const id = await client.startNew("version", { input: {}, version: "2.5" });
  await host.whenIdle();
  expect((await client.getStatus(id)).output).toEqual(["2.5", "1.0"]);
});
