import { EventType } from "./history.ts";
import type { HistoryEvent } from "./history.ts";
import type { Instance } from "./store.ts";

interface StatusOptions {
  showInput: boolean;
  showHistory: boolean;
  showHistoryOutput: boolean;
}

/** Returns an instance's status for the durable HTTP API. */
export function statusJson(instance: Instance, options: StatusOptions, history: readonly HistoryEvent[]) {
  return {
    name: instance.name,
    instanceId: instance.instanceId,
    runtimeStatus: instance.status,
    input: options.showInput ? parse(instance.input) : null,
    customStatus: parse(instance.customStatus),
    output: parse(instance.output),
    createdTime: wholeSeconds(instance.createdAt),
    lastUpdatedTime: wholeSeconds(instance.updatedAt),
    ...(options.showHistory && { historyEvents: historyJson(history, options.showHistoryOutput) }),
  };
}

function parse(json: string | null): unknown {
  return json === null ? null : JSON.parse(json);
}

function wholeSeconds(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d{3}Z$/, "Z");
}

const eventNames = new Map(Object.entries(EventType).map(([name, number]) => [number, name]));
const shownEvents: ReadonlySet<number> = new Set([
  EventType.ExecutionStarted,
  EventType.ExecutionCompleted,
  EventType.ExecutionTerminated,
  EventType.ExecutionSuspended,
  EventType.ExecutionResumed,
  EventType.TaskCompleted,
  EventType.TaskFailed,
  EventType.SubOrchestrationInstanceCompleted,
  EventType.SubOrchestrationInstanceFailed,
  EventType.TimerFired,
  EventType.EventRaised,
]);

/** Returns a readable history: completions with the name and time of the completed task, without bookkeeping. */
function historyJson(history: readonly HistoryEvent[], showOutput: boolean) {
  const scheduled = new Map(history.filter(({ EventId }) => EventId >= 0).map((each) => [each.EventId, each]));
  return history
    .filter(({ EventType: type }) => shownEvents.has(type))
    .map((each) => {
      const origin = "TaskScheduledId" in each ? scheduled.get(each.TaskScheduledId) : undefined;
      return {
        EventType: eventNames.get(each.EventType),
        Timestamp: each.Timestamp,
        ...(origin && { ScheduledTime: origin.Timestamp }),
        ...(origin && "Name" in origin && { FunctionName: origin.Name }),
        ...("Name" in each &&
          (each.EventType === EventType.EventRaised ? { Name: each.Name } : { FunctionName: each.Name })),
        ...("FireAt" in each && { FireAt: each.FireAt }),
        ...("Reason" in each && { Reason: each.Reason }),
        ...("OrchestrationStatus" in each && { OrchestrationStatus: each.OrchestrationStatus }),
        ...(showOutput && "Result" in each && { Result: each.Result }),
        ...(showOutput && "Input" in each && { Input: each.Input }),
      };
    });
}

/** Reads what a request wants to see. */
export function statusOptions(query: URLSearchParams): StatusOptions {
  return {
    showInput: isTrue(query, "showInput", true),
    showHistory: isTrue(query, "showHistory", false),
    showHistoryOutput: isTrue(query, "showHistoryOutput", false),
  };
}

/** Reads a boolean of the query string. */
export function isTrue(query: URLSearchParams, name: string, otherwise: boolean): boolean {
  const value = query.get(name);
  return value === null ? otherwise : value.toLowerCase() === "true";
}
