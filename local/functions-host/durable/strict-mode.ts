import { ActionType } from "./actions.ts";
import type { Action } from "./actions.ts";
import type { ReplayTask } from "./replay-task.ts";

// In each of these cases Azure's host hangs or gives the orchestration wrong results. The local host fails it with a
// reason instead, because an orchestration that stays Running without any message takes hours to understand.

export function strictMode(reason: string): string {
  return `strict mode: ${reason}`;
}

/** For an orchestrator that threw something without a message; the library drops it (durable-functions 3.5.0). */
export const threwNoMessage = strictMode(
  "the orchestrator threw something that is not an Error with a message; Azure's host would leave it Running forever (throw an Error with a message)",
);

export function describeHang(): string {
  return "the orchestrator waits for something that will never complete; Azure's host would leave it Running forever (look for a thrown undefined, or a task that was never scheduled)";
}

/** Returns why these actions would misbehave in Azure, or undefined. Needs the actions before serialisation. */
export function describeMisuse(actions: readonly Action[]): string | undefined {
  const seen = new Set<Action>();
  const visit = (action: Action): string | undefined => {
    if ("compoundActions" in action) {
      return action.compoundActions.map(visit).find((problem) => problem !== undefined);
    }
    // Waiting again for the same event is the only safe reuse: it takes no sequence id.
    if (action.actionType === ActionType.WaitForExternalEvent) return undefined;
    if (seen.has(action)) {
      return "a task is in more than one Task.all or Task.any; Azure's host schedules it once for each (create a new task; see azure-functions-durable-js#574)";
    }
    seen.add(action);
    if ("retryOptions" in action && action.retryOptions.retryTimeoutInMilliseconds !== undefined) {
      return "retryTimeoutInMilliseconds is set; when it expires the orchestration hangs (limit maxNumberOfAttempts instead; see azure-functions-durable-js#629)";
    }
    return undefined;
  };
  return actions.map(visit).find((problem) => problem !== undefined);
}

/**
 * The library leaves Task.all at the first failure, the host waits for all. If the remaining calls may retry, their ids
 * and those of what the orchestrator schedules in the meantime get mixed up.
 */
export function describeDrift(action: Action | undefined, task: ReplayTask, isLast: boolean): string | undefined {
  if (isLast || task.settled !== "no" || action?.actionType !== ActionType.WhenAll) return undefined;
  if (!action.compoundActions.some((each) => "retryOptions" in each)) return undefined;
  return "the orchestrator continued after a Task.all of retried calls while one of them is still being retried; Azure's host then gives it results of the wrong call (let each branch return its failure instead of throwing)";
}

/** Custom status is limited to 16 KB of UTF-16 (durable extension). Returns why it is refused, or undefined. */
export function describeOversizedStatus(json: string): string | undefined {
  const kilobytes = (json.length * 2) / 1024;
  return kilobytes > 16
    ? `the custom status takes ${kilobytes.toFixed(1)} KB as UTF-16, more than 16 KB (report less)`
    : undefined;
}
