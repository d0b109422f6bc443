import { EventType, type HistoryEvent } from "@stand-in/functions-host/testing";

/** One execution of an orchestration as a release ran it, from its start to its end. One file each. */
export interface Recording {
  origin: {
    release: string;
    scenario: string;
    /** Day of the recording. */
    date: string;
    host: string;
    library: string;
  };
  /**
   * What the orchestrator's worker was given at its last turn: all events, in the order and format in which the durable
   * extension sends them (numeric EventType, JSON in Input and Result, no inputs of activities).
   */
  history: HistoryEvent[];
  /** The inputs of the activities, which the history does not contain. Equal inputs are listed once. */
  inputs: { ids: number[]; input: unknown }[];
  end: RecordedEnd;
}

export type RecordedEnd = { output: unknown } | { continuesWith: unknown };

/** The names that a release registers for Durable Functions, and the version that its orchestrations start with. */
export interface ReleasedNames {
  release: string;
  /** `defaultVersion` in host.json. */
  version: string;
  orchestrations: string[];
  activities: string[];
  /** Those that only work of an earlier release still calls: the next release may drop them. */
  retired: string[];
}

/** One turn of the orchestrator: the whole history that it got, and what it scheduled then. */
export interface Turn {
  given: HistoryEvent[];
  scheduled: HistoryEvent[];
}

const scheduledTypes: ReadonlySet<number> = new Set([
  EventType.TaskScheduled,
  EventType.SubOrchestrationInstanceCreated,
  EventType.TimerCreated,
]);

/** Splits a history into the orchestrator's turns. Each begins with OrchestratorStarted. */
export function turnsOf(history: readonly HistoryEvent[]): Turn[] {
  const starts = [...history.entries()].filter(([, { EventType: type }]) => type === EventType.OrchestratorStarted);
  return starts.map(([start], index) => {
    const events = history.slice(start, starts[index + 1]?.[0]);
    const decided = events.findIndex(({ EventType: type }) => scheduledTypes.has(type));
    const news = decided < 0 ? withoutEnd(events) : events.slice(0, decided);
    return {
      given: [
        ...history.slice(0, start).map((event) => ({ ...event, IsPlayed: true })),
        ...news.map((event) => ({ ...event, IsPlayed: false })),
      ],
      scheduled: events.filter(({ EventType: type }) => scheduledTypes.has(type)),
    };
  });
}

function withoutEnd(events: readonly HistoryEvent[]): readonly HistoryEvent[] {
  return events.at(-1)?.EventType === EventType.OrchestratorCompleted ? events.slice(0, -1) : events;
}

/** Returns how an execution began: its name, instance, version and input. */
export function startOf(history: readonly HistoryEvent[]) {
  const started = history.find((event) => event.EventType === EventType.ExecutionStarted);
  if (!started) throw new Error("read recording: it has no ExecutionStarted (record it again)");
  return started;
}

/**
 * Returns the same history as a real host writes it for an execution that follows a continueAsNew: its first turn
 * belongs to the turn before, so it has ended before anything is scheduled (durabletask,
 * TaskOrchestrationDispatcher.cs).
 */
export function asContinuedOnAzure(history: readonly HistoryEvent[]): HistoryEvent[] {
  const at = history.findIndex((event) => event.EventType === EventType.ExecutionStarted);
  const head = { EventId: -1, IsPlayed: true, Timestamp: startOf(history).Timestamp };
  return history.toSpliced(at + 1, 0, { EventType: EventType.OrchestratorCompleted, ...head });
}
