import { ActionType } from "./actions.ts";
import type { Action, OrchestratorState } from "./actions.ts";
import { orchestratorFailed } from "./failure-details.ts";
import { EventType } from "./history.ts";
import type { EventRaised, HistoryEvent } from "./history.ts";
import { performAction, toJson } from "./perform-action.ts";
import type { Surroundings } from "./perform-action.ts";
import { createReplayContext, NonDeterminism } from "./replay-context.ts";
import type { Scheduled } from "./replay-context.ts";
import { openTask, run } from "./replay-task.ts";
import type { Coroutine, ReplayTask } from "./replay-task.ts";
import { describeDrift, describeHang, strictMode } from "./strict-mode.ts";

/** How an execution ended. Input and output are JSON. */
export type End =
  | { status: "Completed"; output: string | null }
  | { status: "Failed"; reason: string }
  | { status: "ContinuedAsNew"; input: string | null; carried: EventRaised[] };

export interface Decision {
  /** Newly scheduled tasks, ordered by sequence id. */
  scheduled: Scheduled[];
  end?: End;
  /** The next sequence id; the end of the execution takes it. */
  nextId: number;
  suspended: boolean;
  isOpen(id: number): boolean;
}

/**
 * Re-executes an orchestrator's actions against a history that ends with the events of the current work item, and
 * returns the decision. Actions run strictly one after the other; an execution ends only when nothing that it scheduled
 * is open (durable extension, OutOfProcOrchestrationShim.cs; durabletask, TaskOrchestrationExecutor.cs).
 */
export function replay(
  history: readonly HistoryEvent[],
  state: OrchestratorState,
  executionId: string,
  around: Surroundings,
): Decision {
  const context = createReplayContext(executionId);
  const actions = state.actions.flat();
  const whileSuspended: HistoryEvent[] = [];
  const now: {
    suspended: boolean;
    end?: End;
    waitsFor?: { action: Action | undefined; task: ReplayTask; isLast: boolean };
  } = { suspended: false };

  function* orchestrate(): Coroutine {
    try {
      for (const [index, action] of actions.entries()) {
        const task = performAction(action, context, around);
        now.waitsFor = { action, task, isLast: index === actions.length - 1 };
        yield task;
      }
      if (state.error !== undefined) throw new Error(state.error);
    } catch (error) {
      now.end = { status: "Failed", reason: orchestratorFailed(around.name, (error as Error).message) };
      return "failed";
    }
    if (!state.isDone) {
      now.waitsFor = { action: undefined, task: openTask(), isLast: true };
      yield now.waitsFor.task;
    }
    const next = actions.at(-1);
    now.end =
      next?.actionType === ActionType.ContinueAsNew
        ? { status: "ContinuedAsNew", input: toJson(next.input), carried: [] }
        : { status: "Completed", output: toJson(state.output) };
    return "succeeded";
  }

  function handle(event: HistoryEvent): void {
    switch (event.EventType) {
      case EventType.ExecutionStarted:
        run(orchestrate());
        break;
      case EventType.TaskScheduled:
      case EventType.SubOrchestrationInstanceCreated:
      case EventType.TimerCreated:
        context.match(event);
        break;
      case EventType.TaskCompleted:
      case EventType.SubOrchestrationInstanceCompleted:
        context.complete(event.TaskScheduledId, "succeeded");
        break;
      case EventType.TaskFailed:
      case EventType.SubOrchestrationInstanceFailed:
        context.complete(event.TaskScheduledId, "failed");
        break;
      case EventType.TimerFired:
        context.complete(event.TimerId, "succeeded");
        break;
      case EventType.EventRaised:
        // The next execution gets the events after continueAsNew. Earlier, unread ones are lost: the library does not
        // request that unprocessed events are preserved (point `continueAsNew with events`).
        if (now.end?.status === "ContinuedAsNew") now.end.carried.push(event);
        else context.raiseEvent(event);
        break;
      case EventType.ExecutionSuspended:
        now.suspended = true;
        context.hold();
        break;
      case EventType.ExecutionResumed:
        now.suspended = false;
        context.release();
        for (const queued of whileSuspended.splice(0)) handle(queued);
        break;
      case EventType.OrchestratorStarted:
      case EventType.OrchestratorCompleted:
      case EventType.ExecutionCompleted:
      case EventType.ExecutionTerminated:
        break;
    }
  }

  const decide = (decided?: End): Decision => ({
    scheduled: decided?.status === "Failed" ? [] : context.unsent(),
    ...(decided && { end: decided }),
    nextId: context.nextId(),
    suspended: now.suspended,
    isOpen: context.isOpen,
  });
  const fail = (reason: string) => decide({ status: "Failed", reason: orchestratorFailed(around.name, reason) });

  try {
    for (const event of history) {
      if (event.EventType === EventType.OrchestratorStarted) context.now = new Date(event.Timestamp);
      else if (now.suspended && event.EventType !== EventType.ExecutionResumed) {
        if (event.EventType !== EventType.ExecutionSuspended) whileSuspended.push(event);
      } else handle(event);
    }
  } catch (error) {
    if (!(error instanceof NonDeterminism)) throw error;
    return decide({ status: "Failed", reason: `Non-Deterministic workflow detected: ${error.message}` });
  }

  const { end, suspended, waitsFor } = now;
  if (end && context.openCount() === 0) return decide(end);
  if (!end && !suspended && !context.calledUnknown()) {
    const drift = waitsFor && describeDrift(waitsFor.action, waitsFor.task, waitsFor.isLast);
    if (drift !== undefined) return fail(strictMode(drift));
    const isWaitingForNothing = context.openCount() === 0 && context.waiterCount() === 0;
    if (isWaitingForNothing) return fail(strictMode(describeHang()));
  }
  return decide();
}
