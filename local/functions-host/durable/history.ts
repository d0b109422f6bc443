/** Numbers of DurableTask.Core's EventType; durable-functions refuses names. */
export const EventType = {
  ExecutionStarted: 0,
  ExecutionCompleted: 1,
  ExecutionTerminated: 3,
  TaskScheduled: 4,
  TaskCompleted: 5,
  TaskFailed: 6,
  SubOrchestrationInstanceCreated: 7,
  SubOrchestrationInstanceCompleted: 8,
  SubOrchestrationInstanceFailed: 9,
  TimerCreated: 10,
  TimerFired: 11,
  OrchestratorStarted: 12,
  OrchestratorCompleted: 13,
  EventRaised: 15,
  ExecutionSuspended: 19,
  ExecutionResumed: 20,
} as const;

interface Event<Type extends keyof typeof EventType> {
  EventType: (typeof EventType)[Type];
  /** The sequence id of a scheduled task; -1 for everything else. */
  EventId: number;
  /** False only in the work item in which the orchestrator first sees the event. */
  IsPlayed: boolean;
  /** ISO instant. */
  Timestamp: string;
}

export interface ParentInstance {
  InstanceId: string;
  ExecutionId: string;
  Name: string;
  TaskScheduleId: number;
}

export interface ExecutionStarted extends Event<"ExecutionStarted"> {
  OrchestrationInstance: { InstanceId: string; ExecutionId: string };
  ParentInstance: ParentInstance | null;
  Name: string;
  Version: string | null;
  /** JSON. */
  Input: string | null;
  Tags: null;
}
export interface TaskScheduled extends Event<"TaskScheduled"> {
  Name: string;
  Version: string | null;
  Input: null;
}
/** Result is JSON or null, never absent: the library always parses it. */
export interface TaskCompleted extends Event<"TaskCompleted"> {
  TaskScheduledId: number;
  Result: string | null;
}
/** Reason and Details must both be strings; the library makes `Reason + " \n " + Details` the error's message. */
export interface TaskFailed extends Event<"TaskFailed"> {
  TaskScheduledId: number;
  Reason: string;
  Details: string;
}
interface SubOrchestrationCreated extends Event<"SubOrchestrationInstanceCreated"> {
  Name: string;
  InstanceId: string;
  Input: string | null;
}
interface SubOrchestrationCompleted extends Event<"SubOrchestrationInstanceCompleted"> {
  TaskScheduledId: number;
  Result: string | null;
}
interface SubOrchestrationFailed extends Event<"SubOrchestrationInstanceFailed"> {
  TaskScheduledId: number;
  Reason: string;
  Details: string;
}
export interface TimerCreated extends Event<"TimerCreated"> {
  FireAt: string;
}
export interface TimerFired extends Event<"TimerFired"> {
  TimerId: number;
  FireAt: string;
}
export interface EventRaised extends Event<"EventRaised"> {
  Name: string;
  /** JSON. */
  Input: string;
}
export interface ExecutionCompleted extends Event<"ExecutionCompleted"> {
  OrchestrationStatus: string;
  Result: string | null;
}
export interface ExecutionTerminated extends Event<"ExecutionTerminated"> {
  Input: string;
}
export interface ExecutionSuspended extends Event<"ExecutionSuspended"> {
  Reason: string;
}
export interface ExecutionResumed extends Event<"ExecutionResumed"> {
  Reason: string;
}
type OrchestratorStarted = Event<"OrchestratorStarted">;
type OrchestratorCompleted = Event<"OrchestratorCompleted">;

/** A message to an instance; on receipt it becomes part of its history. */
export type Message =
  | ExecutionStarted
  | TaskCompleted
  | TaskFailed
  | SubOrchestrationCompleted
  | SubOrchestrationFailed
  | TimerFired
  | EventRaised
  | ExecutionTerminated
  | ExecutionSuspended
  | ExecutionResumed;

export type HistoryEvent =
  | Message
  | TaskScheduled
  | SubOrchestrationCreated
  | TimerCreated
  | ExecutionCompleted
  | OrchestratorStarted
  | OrchestratorCompleted;

type WithoutHead<E> = E extends HistoryEvent ? Omit<E, "EventType" | "EventId" | "IsPlayed" | "Timestamp"> : never;
type EventOf<Type extends keyof typeof EventType> = Extract<HistoryEvent, { EventType: (typeof EventType)[Type] }>;

/** Returns a new, not yet played event. */
export function event<Type extends keyof typeof EventType>(
  type: Type,
  at: Date,
  fields: WithoutHead<EventOf<Type>>,
  id = -1,
): EventOf<Type> {
  const head = { EventType: EventType[type], EventId: id, IsPlayed: false, Timestamp: at.toISOString() };
  return { ...head, ...fields } as unknown as EventOf<Type>;
}
