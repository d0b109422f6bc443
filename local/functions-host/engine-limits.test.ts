import type * as df from "durable-functions";
import { beforeEach, expect, it } from "vitest";
import { gate, testApp } from "./fixture/test-app.ts";

const app = testApp();
let ran: string[] = [];
let gates: Record<string, ReturnType<typeof gate>> = {};
beforeEach(() => {
  ran = [];
  gates = {};
});

app.activity("step", async (input) => {
  const { name } = input as { name: string };
  ran.push(name);
  await gates[name]?.pass();
  return name;
});
const step = (context: df.OrchestrationContext, name: string) => context.df.callActivity("step", { name });
app.orchestration("many", function* (context) {
  const { names } = context.df.getInput<{ names: string[] }>();
  return (yield context.df.Task.all(names.map((name) => step(context, name)))) as string[];
});
const receivedInputs: unknown[] = [];
app.activity("receive", (input) => void receivedInputs.push(input));
app.orchestration("passes", function* (context) {
  yield context.df.callActivity("receive", context.df.getInput<{ given: unknown }>().given);
});
app.orchestration("logs", function* (context) {
  const log = (line: string) => {
    if (!context.df.isReplaying) context.log(line);
  };
  log("one");
  yield step(context, "first");
  log("two");
  yield step(context, "second");
  log("three");
});

it("no more activities run at the same time than host.json allows", async () => {
  const names = ["1", "2", "3", "4", "5"];
  gates = Object.fromEntries(names.map((name) => [name, gate()]));
  const { host, client } = await app.start();
  const id = await client.startNew("many", { input: { names } });
  await gates["3"]?.reached;
  for (let round = 0; round < 20; round++) await new Promise(setImmediate);
  expect(ran).toEqual(["1", "2", "3"]);
  for (const each of Object.values(gates)) each.open();
  await host.whenIdle();
  expect((await client.getStatus(id)).output).toEqual(names);
});

it("no more orchestrators run at the same time than host.json allows", async () => {
  const commit = gate();
  const waiting: string[] = [];
  const { host, client } = await app.start({
    faults: {
      async beforeCommit({ kind, instanceId }) {
        if (kind !== "orchestration") return;
        waiting.push(instanceId);
        await commit.pass();
      },
    },
  });
  for (const instanceId of ["a", "b", "c"]) await client.startNew("logs", { instanceId, input: {} });
  for (let round = 0; round < 20; round++) await new Promise(setImmediate);
  expect(waiting).toEqual(["a", "b"]);
  commit.open();
  await host.whenIdle();
  expect((await client.getStatus("c")).runtimeStatus).toBe("Completed");
});

it.each([
  ["an object", { a: [1] }, { a: [1] }],
  ["a string", "text", "text"],
  ["a string that looks like JSON", '{"a":1}', '{"a":1}'],
  ["a number", 1.5, 1.5],
  ["a boolean, in .NET's spelling", true, "True"],
  ["null", null, undefined],
])("an activity receives %s", async (_, given, received) => {
  const { run } = await app.start();
  receivedInputs.length = 0;
  await run("passes", { given });
  expect(receivedInputs).toEqual([received]);
});

it("isReplaying is true whenever the orchestrator has been at that line before", async () => {
  const { run, logged } = await app.start({ faults: { duplicateCompletions: true } });
  await run("logs");
  const lines = logged.filter(({ category }) => category === "Function.logs.User").map(({ message }) => message);
  expect(lines).toEqual(["one", "two", "three"]);
});
