import { app } from "@azure/functions";
import { type FunctionApp, loadApp, startFunctionsHost, virtualClock } from "@stand-in/functions-host";
import * as df from "durable-functions";
import { dirname } from "node:path";
import { afterEach, beforeAll, expect, it } from "vitest";
import { taskHubOf } from "../functions/work/task-hub.ts";
import { workflowOf } from "../orchestrations/workflow.ts";

let loaded: FunctionApp;
let client: df.DurableClient;
let reached: PromiseWithResolvers<undefined>;
let held: PromiseWithResolvers<undefined>;
const open: (() => Promise<void>)[] = [];

function register(): Promise<void> {
  app.http("lendClient", {
    extraInputs: [df.input.durableClient()],
    handler: (_, context) => {
      client = df.getClient(context);
      return { status: 204 };
    },
  });
  df.app.activity("hold", {
    handler: async () => {
      reached.resolve(undefined);
      await held.promise;
    },
  });
  df.app.orchestration("waitsTwice", function* (context) {
    const workflow = workflowOf(context);
    yield* workflow.waitForNews(30);
    const first = workflow.now().toISOString();
    yield* workflow.waitForNews(30);
    return [first, workflow.now().toISOString()];
  });
  df.app.orchestration("worksThenWaits", function* (context) {
    yield context.df.callActivity("hold", {});
    yield* workflowOf(context).waitForNews(30);
    return "went on";
  });
  df.app.orchestration("waitsWorksWaits", function* (context) {
    const workflow = workflowOf(context);
    const ends: string[] = [];
    const wait = function* () {
      yield* workflow.waitForNews(30);
      ends.push(workflow.now().toISOString());
    };
    yield* wait();
    yield* wait();
    yield context.df.callActivity("hold", {});
    yield* wait();
    yield* wait();
    return ends;
  });
  return Promise.resolve();
}

beforeAll(async () => {
  loaded = await loadApp({
    appRoot: dirname(import.meta.dirname),
    environment: { TASKHUB_NAME: "hub" },
    load: register,
  });
});

afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function start() {
  [reached, held] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  const clock = virtualClock("2026-01-05T08:00:00Z", { jumps: false });
  const host = await startFunctionsHost({ app: loaded, store: ":memory:", clock, log: () => undefined });
  open.push(() => host.close());
  const lent = await fetch(`${host.url}/lendClient`);
  expect(lent.status).toBe(204);
  return { client, host, clock, hub: taskHubOf(() => client) };
}

it("a wait ends when its time is up, and the news that comes later ends the next one", async () => {
  const { client, host, clock, hub } = await start();
  await client.startNew("waitsTwice", { instanceId: "one", input: {} });
  await host.whenIdle();
  clock.advance(30_000);
  await host.whenIdle();
  clock.advance(5_000);
  await hub.tellNews("one");
  await host.whenIdle();
  const { runtimeStatus, output } = await client.getStatus("one");
  expect([runtimeStatus, output]).toEqual(["Completed", ["2026-01-05T08:00:30.000Z", "2026-01-05T08:00:35.000Z"]]);
});

it("news that comes while the orchestration works ends its next wait at once", async () => {
  const { client, host, hub } = await start();
  await client.startNew("worksThenWaits", { instanceId: "one", input: {} });
  await reached.promise;
  await hub.tellNews("one");
  held.resolve(undefined);
  await host.whenIdle();
  expect((await client.getStatus("one")).output).toBe("went on");
});

it("news that comes while the orchestration works ends its next wait at once, also after waits whose time was up", async () => {
  const { client, host, clock, hub } = await start();
  await client.startNew("waitsWorksWaits", { instanceId: "one", input: {} });
  await host.whenIdle();
  clock.advance(30_000);
  await host.whenIdle();
  clock.advance(30_000);
  await reached.promise;
  await hub.tellNews("one");
  held.resolve(undefined);
  await host.whenIdle();
  clock.advance(5_000);
  await hub.tellNews("one");
  await host.whenIdle();
  const ends = ["08:00:30", "08:01:00", "08:01:00", "08:01:05"].map((at) => `2026-01-05T${at}.000Z`);
  expect((await client.getStatus("one")).output).toEqual(ends);
});

it("news for an instance that is unknown, or has ended, is no error", async () => {
  const { client, host, hub } = await start();
  await expect(hub.tellNews("nobody")).resolves.toBeUndefined();
  held.resolve(undefined);
  await client.startNew("worksThenWaits", { instanceId: "one", input: {} });
  await hub.tellNews("one");
  await host.whenIdle();
  await expect(hub.tellNews("one")).resolves.toBeUndefined();
});
