import { EventType } from "./history.ts";
import type { EventRaised, HistoryEvent } from "./history.ts";
import { openTask, settledTask } from "./replay-task.ts";
import type { OpenTask, ReplayTask } from "./replay-task.ts";

/** Something that an orchestration has scheduled, with its sequence id. */
export type Scheduled =
  | { kind: "activity"; id: number; name: string; input: string | null; attempt: number }
  | {
      kind: "orchestration";
      id: number;
      name: string;
      instanceId: string;
      input: string | null;
      version: string | null;
    }
  | { kind: "timer"; id: number; fireAt: Date };

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
export type ToSchedule = DistributiveOmit<Scheduled, "id">;

/** The current code decided differently from the code that wrote the history. */
export class NonDeterminism extends Error {}

/**
 * An execution's open tasks while its history is replayed: the counterpart of DTFx's TaskOrchestrationContext.
 * One counter gives every scheduled task its id; waits for events take none.
 */
export interface ReplayContext {
  /** The time of the work item being replayed. */
  now: Date;
  schedule(what: ToSchedule): OpenTask;
  /** Schedules an already cancelled timer: it takes an id and nothing waits for it. */
  scheduleCancelledTimer(fireAt: Date): ReplayTask;
  waitForEvent(name: string): ReplayTask;
  raiseEvent(event: EventRaised): void;
  /** Checks that what the history says was scheduled is what the code has scheduled under that id. */
  match(event: HistoryEvent): void;
  complete(id: number, outcome: "succeeded" | "failed"): void;
  /** Holds back what was scheduled but not yet sent, while the instance is suspended. */
  hold(): void;
  release(): void;
  nextId: () => number;
  unsent(): Scheduled[];
  isOpen: (id: number) => boolean;
  openCount(): number;
  waiterCount(): number;
  /**
   * A call of a missing function. On the real host it fails at once, but the orchestrator is not notified and waits
   * forever. It takes no sequence id.
   */
  callUnknown(): ReplayTask;
  calledUnknown(): boolean;
}

const kindOfEvent: Readonly<Partial<Record<HistoryEvent["EventType"], Scheduled["kind"]>>> = {
  [EventType.TaskScheduled]: "activity",
  [EventType.SubOrchestrationInstanceCreated]: "orchestration",
  [EventType.TimerCreated]: "timer",
};

export function createReplayContext(executionId: string): ReplayContext {
  let counter = 0;
  let unsent = new Map<number, Scheduled>();
  let held = new Map<number, Scheduled>();
  const open = new Map<number, OpenTask>();
  // Waiters are a stack and events a queue: as in the library, the last waiter gets the first event.
  const waiters = new Map<string, OpenTask[]>();
  let unread: EventRaised[] = [];
  let hasCalledUnknown = false;

  function add(what: ToSchedule): number {
    const id = counter++;
    const needsId = what.kind === "orchestration" && what.instanceId === "";
    const named = needsId ? { ...what, instanceId: `${executionId}:${id}` } : what;
    unsent.set(id, { ...named, id });
    return id;
  }

  return {
    now: new Date(0),
    schedule(what) {
      const task = openTask();
      open.set(add(what), task);
      return task;
    },
    scheduleCancelledTimer(fireAt) {
      add({ kind: "timer", fireAt });
      return settledTask();
    },
    waitForEvent(name) {
      const index = unread.findIndex((each) => each.Name === name);
      if (index >= 0) {
        unread = unread.toSpliced(index, 1);
        return settledTask();
      }
      const task = openTask();
      waiters.set(name, [...(waiters.get(name) ?? []), task]);
      return task;
    },
    raiseEvent(event) {
      const waiter = waiters.get(event.Name)?.pop();
      if (waiter) waiter.settle("succeeded");
      else unread.push(event);
    },
    match(event) {
      const kind = kindOfEvent[event.EventType];
      const expected = unsent.get(event.EventId);
      const name = "Name" in event ? ` '${event.Name}'` : "";
      const changed = "the code was changed after this instance had started, or it is not deterministic";
      if (expected?.kind !== kind) {
        const instead = expected ? `schedules a ${expected.kind}` : "schedules nothing";
        throw new NonDeterminism(
          `a previous execution scheduled the ${kind ?? "event"}${name} with sequence id ${event.EventId}, but the replay ${instead} there: ${changed}`,
        );
      }
      if (
        expected &&
        "name" in expected &&
        "Name" in event &&
        expected.name.toLowerCase() !== event.Name.toLowerCase()
      ) {
        throw new NonDeterminism(
          `a previous execution scheduled the ${expected.kind}${name} with sequence id ${event.EventId}, but the replay schedules '${expected.name}' there: ${changed}`,
        );
      }
      unsent.delete(event.EventId);
    },
    complete(id, outcome) {
      const task = open.get(id);
      // A duplicate completion, or one after a cancellation, changes nothing.
      if (!task) return;
      open.delete(id);
      task.settle(outcome);
    },
    hold() {
      if (unsent.size === 0) return;
      held = unsent;
      unsent = new Map();
    },
    release() {
      unsent = new Map([...held, ...unsent]);
      held = new Map();
    },
    nextId: () => counter,
    unsent: () => [...unsent.values()].sort((a, b) => a.id - b.id),
    isOpen: (id) => open.has(id),
    openCount: () => open.size,
    waiterCount: () => [...waiters.values()].reduce((count, each) => count + each.length, 0),
    callUnknown() {
      hasCalledUnknown = true;
      return settledTask("failed");
    },
    calledUnknown: () => hasCalledUnknown,
  };
}
