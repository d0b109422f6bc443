import { entitiesUnsupported } from "../functions.ts";
import { ActionType } from "./actions.ts";
import type { Action, RetryOptions, SubOrchestrationAction } from "./actions.ts";
import type { ReplayContext, ToSchedule } from "./replay-context.ts";
import { run, settledTask, whenAll, whenAny } from "./replay-task.ts";
import type { Coroutine, ReplayTask } from "./replay-task.ts";

/** The context in which an action is checked. */
export interface Surroundings {
  /** The orchestrator's name. */
  name: string;
  instanceId: string;
  parentInstanceId: string | null;
  defaultVersion: string | null;
  /** False if the app has no such function. */
  hasFunction(kind: "activity" | "orchestration", name: string): boolean;
}

const dayMilliseconds = 86_400_000;

/**
 * Performs an action as DurableTask's OutOfProcOrchestrationShim does. Throws if the action fails the orchestration.
 */
export function performAction(action: Action, context: ReplayContext, around: Surroundings): ReplayTask {
  switch (action.actionType) {
    case ActionType.CallActivity:
    case ActionType.CallActivityWithRetry: {
      if (!around.hasFunction("activity", action.functionName)) return context.callUnknown();
      const call = (attempt: number): ToSchedule => ({
        kind: "activity",
        name: action.functionName,
        input: toJson(action.input),
        attempt,
      });
      if (action.actionType === ActionType.CallActivity) return context.schedule(call(1));
      return run(withRetry(call, action.retryOptions, context));
    }
    case ActionType.CallSubOrchestrator:
    case ActionType.CallSubOrchestratorWithRetry: {
      if (!around.hasFunction("orchestration", action.functionName)) return context.callUnknown();
      const call = subOrchestration(action, around);
      return action.retryOptions ? run(withRetry(() => call, action.retryOptions, context)) : context.schedule(call);
    }
    case ActionType.CreateTimer:
      return createTimer(new Date(action.fireAt), action.isCanceled, context);
    case ActionType.WaitForExternalEvent:
      return context.waitForEvent(action.externalEventName);
    case ActionType.WhenAll:
      return whenAll(action.compoundActions.map((each) => performAction(each, context, around)));
    case ActionType.WhenAny:
      return whenAny(action.compoundActions.map((each) => performAction(each, context, around)));
    case ActionType.ContinueAsNew:
      return settledTask();
    case ActionType.CallEntity:
    case ActionType.SignalEntity:
    case ActionType.LockEntities:
    case ActionType.ReleaseEntities:
      throw new Error(entitiesUnsupported);
    case ActionType.CallHttp:
      throw new Error("callHttp is not supported by the local host (make the call in an activity)");
    default:
      throw new Error(`action type ${String((action as { actionType: unknown }).actionType)} is unknown`);
  }
}

export function toJson(value: unknown): string | null {
  return value === undefined || value === null ? null : JSON.stringify(value);
}

function subOrchestration(action: SubOrchestrationAction, around: Surroundings): ToSchedule {
  const instanceId = action.instanceId ?? "";
  const same = [around.instanceId, around.parentInstanceId].find(
    (id) => id?.toLowerCase() === instanceId.toLowerCase(),
  );
  if (instanceId !== "" && same) {
    throw new Error(`the sub-orchestration's instance id '${instanceId}' is its parent's (use a different one)`);
  }
  if (instanceId.startsWith("@")) throw new Error(`the instance id '${instanceId}' starts with @ (only entities may)`);
  return {
    kind: "orchestration",
    name: action.functionName,
    instanceId,
    input: toJson(action.input),
    version: action.version ?? around.defaultVersion,
  };
}

function createTimer(fireAt: Date, isCancelled: boolean, context: ReplayContext): ReplayTask {
  if (fireAt.getTime() - context.now.getTime() > 6 * dayMilliseconds) {
    throw new Error(`a timer until ${fireAt.toISOString()} is longer than 6 days (loop over shorter ones)`);
  }
  return isCancelled ? context.scheduleCancelledTimer(fireAt) : context.schedule({ kind: "timer", fireAt });
}

/**
 * DTFx's RetryInterceptor. After the last failure it schedules one more timer that is due at once. The library relies
 * on its id, and waits for it before it reports the failure to the orchestrator.
 */
function* withRetry(call: (attempt: number) => ToSchedule, options: RetryOptions, context: ReplayContext): Coroutine {
  for (let attempt = 1; attempt <= options.maxNumberOfAttempts; attempt++) {
    const task = context.schedule(call(attempt));
    yield task;
    if (task.settled === "succeeded") return "succeeded";
    const isLast = attempt === options.maxNumberOfAttempts;
    yield context.schedule({
      kind: "timer",
      fireAt: new Date(context.now.getTime() + (isLast ? 0 : retryDelayMilliseconds(options, attempt))),
    });
  }
  return "failed";
}

/** The delay after failed attempt number `attempt`, counted from 1. */
function retryDelayMilliseconds(options: RetryOptions, attempt: number): number {
  const delay = options.firstRetryIntervalInMilliseconds * (options.backoffCoefficient ?? 1) ** (attempt - 1);
  return Math.min(delay, options.maxRetryIntervalInMilliseconds ?? Infinity, 6 * dayMilliseconds);
}
