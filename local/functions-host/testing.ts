/** For tests of an app below the level of a running host: one call, one turn of an orchestrator, a prepared hub. */
import type { FunctionApp } from "./app.ts";
import { clientBinding } from "./durable/client-binding.ts";
import { openDatabase } from "./durable/database.ts";
import { event, EventType, type HistoryEvent } from "./durable/history.ts";
import { type Decision, replay } from "./durable/replay.ts";
import { runOrchestrator } from "./durable/run-orchestrator.ts";
import { createStore } from "./durable/store.ts";
import { findFunction, listFunctions } from "./functions.ts";
import type { FunctionsHost } from "./host.ts";
import { createInvoke } from "./invoke.ts";
import type { HookCallback } from "./rpc.ts";
import { readHostSettings } from "./settings.ts";

export { EventType, type HistoryEvent } from "./durable/history.ts";
export type { Decision } from "./durable/replay.ts";
export type { Scheduled } from "./durable/replay-context.ts";
export { createRouteTable, type RegisteredRoute } from "./route-table.ts";

/** Returns what an app registers for Durable Functions, and host.json's version for new orchestrations. */
export function registeredDurable(app: FunctionApp): {
  orchestrations: string[];
  activities: string[];
  version: string;
} {
  const functions = listFunctions(app);
  const named = (kind: "orchestration" | "activity") =>
    functions.filter((each) => each.kind === kind).map(({ name }) => name);
  const { defaultVersion } = readHostSettings(app.hostJson, app.setting);
  return { orchestrations: named("orchestration"), activities: named("activity"), version: defaultVersion ?? "" };
}

/** Calls an activity as the engine does, with its input as JSON. Its durable client calls that host. */
export async function callActivity(
  app: FunctionApp,
  { url, durableUrl }: Pick<FunctionsHost, "url" | "durableUrl">,
  name: string,
  input: string,
): Promise<unknown> {
  const fn = findFunction(listFunctions(app), "activity", name);
  if (!fn) throw new Error(`call ${name}: it is not registered`);
  const invoke = invokeOf(app, () =>
    clientBinding({ hostUrl: url, hubName: "tests", systemKey: "", rpcUrl: durableUrl }),
  );
  return (await invoke({ fn, reason: "(null)", trigger: { string: input } })).result;
}

/**
 * Returns what the app's orchestrator decides in one turn, by the real library and the rules of the durable extension.
 * `given` is the history that the host would send it.
 */
export async function decideTurn(app: FunctionApp, given: readonly HistoryEvent[]): Promise<Decision> {
  const { Name: name, Version, Input: input, OrchestrationInstance, ParentInstance: parent } = startedIn(given);
  const { InstanceId: instanceId, ExecutionId: executionId } = OrchestrationInstance;
  const fn = findFunction(listFunctions(app), "orchestration", name);
  if (!fn) throw new Error(`the orchestration ${name} is not registered`);
  const rest = { output: null, customStatus: null, createdAt: 0, updatedAt: 0 };
  const instance = {
    ...rest,
    ...{ instanceId, executionId, name, version: Version, input, parent },
    status: "Running",
  } as const;
  const state = await runOrchestrator({ invoke: invokeOf(app, () => "{}"), faults: {} }, fn, instance, given);
  return replay(given, state, executionId, {
    name,
    instanceId,
    parentInstanceId: parent?.InstanceId ?? null,
    defaultVersion: Version,
    // registeredDurable shows which names are registered; here they only have to be scheduled.
    hasFunction: () => true,
  });
}

/** A running orchestration to write to a hub that no host has open. */
export interface InFlight {
  /** Its whole history, including the last turn's decisions. */
  history: readonly HistoryEvent[];
  /** The activities that the last turn scheduled, with their input as JSON. They are put into the queue. */
  queued: readonly { taskId: number; name: string; input: string }[];
  now: Date;
}

/** Writes a running orchestration, as if its last turn had been committed at `now`: waits have deadlines. */
export function writeInFlight(taskHub: string, { history, queued, now }: InFlight): void {
  const database = openDatabase(taskHub);
  const store = createStore(database);
  const { Name: name, Version: version, Input: input, OrchestrationInstance } = startedIn(history);
  const { InstanceId: instanceId, ExecutionId: executionId } = OrchestrationInstance;
  const shift = now.getTime() - Date.parse(history.at(-1)?.Timestamp ?? "");
  const shifted = history.map((each) => ({
    ...each,
    Timestamp: new Date(Date.parse(each.Timestamp) + shift).toISOString(),
  }));
  const rest = { output: null, customStatus: null, parent: null, createdAt: now.getTime(), updatedAt: now.getTime() };
  database.transaction(() => {
    store.removeInstance(instanceId);
    store.writeInstance({ ...rest, instanceId, executionId, name, version, status: "Running", input });
    store.appendHistory(instanceId, 0, [...shifted, event("OrchestratorCompleted", now, {})]);
    for (const activity of queued) store.queueActivity({ ...activity, instanceId, executionId, attempt: 1 });
  });
  database.close();
}

/** Calls `look` with the inputs of every invocation, until the returned function is called. */
export function watchInvocations(app: FunctionApp, look: (inputs: unknown) => void): () => void {
  const before = app.hooks.get("preInvocation") ?? [];
  const hook: HookCallback = ({ inputs }) => {
    look(inputs);
  };
  app.hooks.set("preInvocation", [...before, hook]);
  return () => {
    app.hooks.set("preInvocation", before);
  };
}

function startedIn(history: readonly HistoryEvent[]) {
  const started = history.find((each) => each.EventType === EventType.ExecutionStarted);
  if (!started) throw new Error("read history: it has no ExecutionStarted");
  return started;
}

function invokeOf(app: FunctionApp, durableClient: () => string) {
  const describeFailure = (error: unknown) => (error as Error).message;
  return createInvoke({ app, log: () => undefined, durableClient, describeFailure });
}
