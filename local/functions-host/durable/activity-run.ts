import { findFunction } from "../functions.ts";
import type { ActivityCall } from "../faults.ts";
import type { RpcTypedData } from "../rpc.ts";
import { deliverCompletion } from "./commit.ts";
import { durableCategory } from "./engine-context.ts";
import type { EngineContext } from "./engine-context.ts";
import { activityFailure } from "./failure-details.ts";
import type { Failure } from "./failure-details.ts";
import { event } from "./history.ts";
import type { QueuedActivity } from "./store.ts";
import { describeMissing } from "./missing-function.ts";

type Result = { result: string | null } | { failed: Failure } | "run again";

/**
 * Runs one queued activity and sends its completion. It stays queued until that is committed, so it runs at least once.
 */
export async function runActivity(engine: EngineContext, queued: QueuedActivity): Promise<void> {
  const { store, clock, faults } = engine;
  if (faults.loseMessages?.(queued.instanceId)) {
    store.removeActivity(queued.id);
    return;
  }
  store.countRun(queued.id);
  const outcome = await perform(engine, queued);
  if (outcome === "run again") return;
  await faults.beforeCommit?.({ kind: "activity", instanceId: queued.instanceId, name: queued.name });
  store.database.transaction(() => {
    // Another host took it over and completed it.
    if (store.removeActivity(queued.id) === 0) return;
    const TaskScheduledId = queued.taskId;
    const now = clock.now();
    const completion =
      "result" in outcome
        ? event("TaskCompleted", now, { TaskScheduledId, Result: outcome.result })
        : event("TaskFailed", now, { TaskScheduledId, ...outcome.failed });
    deliverCompletion(engine, queued.instanceId, completion, now, queued.executionId);
  });
}

async function perform(engine: EngineContext, queued: QueuedActivity): Promise<Result> {
  const { functions, invoke, faults, log } = engine;
  const { name, instanceId } = queued;
  const fn = findFunction(functions, "activity", name);
  if (!fn) return { failed: { Reason: describeMissing(functions, "activity", name), Details: "" } };
  const input = queued.input === null ? undefined : (JSON.parse(queued.input) as unknown);
  if (typeof input === "boolean") {
    log("warning", durableCategory, `activity '${name}': a boolean input arrives as the string "True" or "False"`);
  }
  const call: ActivityCall = { name, input: unwrap(input), instanceId, attempt: queued.attempt + queued.runs };
  try {
    await faults.beforeActivity?.(call);
    const data = toRpc(input);
    const { returnValue } = await invoke({
      fn,
      reason: "(null)",
      trigger: data,
      triggerMetadata: { instanceId: { string: instanceId }, ...(data && { data }) },
    });
    if ((await faults.afterActivity?.(call)) === "run again") return "run again";
    return { result: toJsonResult(returnValue) };
  } catch (error) {
    return { failed: activityFailure(name, error) };
  }
}

/** The library encodes a string input again; faults should see the string. */
function unwrap(input: unknown): unknown {
  if (typeof input !== "string") return input;
  try {
    return JSON.parse(input);
  } catch {
    return input;
  }
}

/**
 * Converts an activity's input for the worker. The extension reads it with .NET's ToObject<string>: objects become JSON
 * and scalars their .NET text, so that true arrives as "True".
 */
function toRpc(input: unknown): RpcTypedData | undefined {
  if (input === undefined) return undefined;
  if (typeof input === "string") return { string: input };
  if (typeof input === "boolean") return { string: input ? "True" : "False" };
  return { string: JSON.stringify(input) };
}

function toJsonResult(value: RpcTypedData | null | undefined): string | null {
  if (!value) return null;
  if (value.json !== undefined) return value.json;
  if (value.bytes !== undefined) return JSON.stringify(Buffer.from(value.bytes).toString("base64"));
  return JSON.stringify(value.string ?? value.int ?? value.double ?? null);
}
