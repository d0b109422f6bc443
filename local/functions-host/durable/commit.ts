import { durableCategory } from "./engine-context.ts";
import type { EngineContext } from "./engine-context.ts";
import { childFailure } from "./failure-details.ts";
import { event, EventType } from "./history.ts";
import type { ExecutionTerminated, HistoryEvent, Message } from "./history.ts";
import type { Scheduled } from "./replay-context.ts";
import type { Decision, End } from "./replay.ts";
import { newExecutionId, sendStart, startInstance } from "./start-instance.ts";
import type { Instance, Status } from "./store.ts";

/** What one work item takes from the inbox, and the history to which it adds. */
export interface WorkItem {
  instance: Instance;
  /** Everything before this work item. */
  past: HistoryEvent[];
  /** OrchestratorStarted and the messages, in order. */
  events: HistoryEvent[];
  takenIds: number[];
  now: Date;
}

/** The orchestrator's decision and custom status. */
export interface Outcome {
  decision: Decision;
  customStatus: string | null;
}

// Everything here runs inside the transaction of one work item.

/** Stores a work item's outcome: history, outgoing messages and status. */
export function commitDecision(engine: EngineContext, item: WorkItem, { decision, customStatus }: Outcome): void {
  const { store } = engine;
  const { end, scheduled, suspended } = decision;
  const instance: Instance = {
    ...item.instance,
    status: suspended ? "Suspended" : "Running",
    customStatus,
    output: shownReason(item) ?? item.instance.output,
    updatedAt: engine.clock.now().getTime(),
  };
  if (end?.status === "ContinuedAsNew") {
    continueAsNew(engine, item, instance, end);
    return;
  }
  appendHistory(engine, item, [
    ...scheduled.map((each) => scheduledEvent(each, item.now)),
    ...completed(decision, item.now),
  ]);
  for (const each of scheduled) send(engine, item, each);
  // Azure delivers a cancelled timer too and then drops it. Here it is removed at once, so that virtual time cannot
  // jump to it.
  store.removeTimers(instance.instanceId, (id) => !end && decision.isOpen(id));
  if (!end) {
    store.writeInstance(instance);
    return;
  }
  const output = end.status === "Completed" ? end.output : JSON.stringify(end.reason);
  finish(engine, item, instance, end.status, output);
}

/**
 * A suspension's or resumption's reason is the instance's output until the next output (AzureTableTrackingStore.cs).
 */
function shownReason({ events }: WorkItem): string | undefined {
  const change = events.findLast(
    (each) => each.EventType === EventType.ExecutionSuspended || each.EventType === EventType.ExecutionResumed,
  );
  return change && JSON.stringify(change.Reason);
}

/** Ends an instance at once, whatever is open. Running activities continue. */
export function commitTermination(engine: EngineContext, item: WorkItem, { Input: reason }: ExecutionTerminated): void {
  const output = JSON.stringify(reason);
  appendHistory(engine, item, [
    event("ExecutionCompleted", item.now, { OrchestrationStatus: "Terminated", Result: output }),
  ]);
  engine.store.removeTimers(item.instance.instanceId, () => false);
  finish(engine, item, { ...item.instance, updatedAt: engine.clock.now().getTime() }, "Terminated", output);
}

function appendHistory({ store }: EngineContext, item: WorkItem, decided: readonly HistoryEvent[]): void {
  const events = [...item.events, ...decided, event("OrchestratorCompleted", item.now, {})];
  store.appendHistory(item.instance.instanceId, item.past.length, events);
}

function scheduledEvent(scheduled: Scheduled, now: Date): HistoryEvent {
  switch (scheduled.kind) {
    case "activity":
      return event("TaskScheduled", now, { Name: scheduled.name, Version: "", Input: null }, scheduled.id);
    case "timer":
      return event("TimerCreated", now, { FireAt: scheduled.fireAt.toISOString() }, scheduled.id);
    case "orchestration": {
      const { name, instanceId, input, id } = scheduled;
      return event("SubOrchestrationInstanceCreated", now, { Name: name, InstanceId: instanceId, Input: input }, id);
    }
  }
}

function send(engine: EngineContext, { instance, now }: WorkItem, scheduled: Scheduled): void {
  const { store } = engine;
  const { instanceId, executionId } = instance;
  switch (scheduled.kind) {
    case "activity": {
      const { id: taskId, name, input, attempt } = scheduled;
      store.queueActivity({ instanceId, executionId, taskId, name, input, attempt });
      break;
    }
    case "timer": {
      const { id, fireAt } = scheduled;
      const fired = event("TimerFired", fireAt, { TimerId: id, FireAt: fireAt.toISOString() });
      deliverCompletion(engine, instanceId, fired, fireAt, executionId);
      break;
    }
    case "orchestration": {
      const { id, name, version, input } = scheduled;
      const parent = { InstanceId: instanceId, ExecutionId: executionId, Name: instance.name, TaskScheduleId: id };
      const running = startInstance(store, { instanceId: scheduled.instanceId, name, version, input, parent }, now);
      // Azure Storage drops the start, and the parent waits forever.
      if (running) {
        const Reason = `An instance with the ID '${running.instanceId}' is already ${running.status} (wait until it has ended)`;
        const failed = event("SubOrchestrationInstanceFailed", now, { TaskScheduledId: id, Reason, Details: "" });
        deliverCompletion(engine, instanceId, failed, now, executionId);
      }
      break;
    }
  }
}

/** Sends a completion, twice if that fault is set. */
export function deliverCompletion(
  { store, faults }: EngineContext,
  instanceId: string,
  completion: Message,
  dueAt: Date,
  executionId: string,
): void {
  store.send(instanceId, completion, dueAt.getTime(), { executionId });
  if (faults.duplicateCompletions) store.send(instanceId, completion, dueAt.getTime(), { executionId });
}

function completed({ end, nextId }: Decision, now: Date): HistoryEvent[] {
  if (!end || end.status === "ContinuedAsNew") return [];
  const result = end.status === "Completed" ? end.output : end.reason;
  return [event("ExecutionCompleted", now, { OrchestrationStatus: end.status, Result: result }, nextId)];
}

function finish(
  engine: EngineContext,
  item: WorkItem,
  instance: Instance,
  status: Status,
  output: string | null,
): void {
  const { store, log } = engine;
  store.writeInstance({ ...instance, status, output });
  const level = status === "Failed" ? "error" : "information";
  // The output of an instance that has not completed is its reason.
  const reason = status === "Completed" ? "" : (JSON.parse(output ?? '""') as string);
  const why = reason === "" ? "" : `: ${reason}`;
  log(level, durableCategory, `${instance.instanceId}: Function '${instance.name} (Orchestrator)' ${status}${why}`);
  const { parent } = instance;
  if (!parent) return;
  const TaskScheduledId = parent.TaskScheduleId;
  const completion =
    status === "Completed"
      ? event("SubOrchestrationInstanceCompleted", item.now, { TaskScheduledId, Result: output })
      : event("SubOrchestrationInstanceFailed", item.now, {
          TaskScheduledId,
          ...(status === "Failed" ? childFailure(instance.name, reason) : { Reason: reason, Details: "" }),
        });
  deliverCompletion(engine, parent.InstanceId, completion, item.now, parent.ExecutionId);
}

/** Starts a new execution with a fresh history. Nothing that the old one had open or unread is carried over. */
function continueAsNew(
  { store }: EngineContext,
  { now }: WorkItem,
  instance: Instance,
  end: Extract<End, { status: "ContinuedAsNew" }>,
): void {
  const next: Instance = { ...instance, status: "Running", input: end.input, executionId: newExecutionId() };
  store.removeHistory(instance.instanceId);
  store.removeTimers(instance.instanceId, () => false);
  store.writeInstance(next);
  sendStart(store, next, now);
  for (const carried of end.carried) {
    store.send(next.instanceId, carried, now.getTime(), { executionId: null, first: true });
  }
}
