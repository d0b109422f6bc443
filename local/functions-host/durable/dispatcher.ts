import { runActivity } from "./activity-run.ts";
import { durableCategory } from "./engine-context.ts";
import type { EngineContext } from "./engine-context.ts";
import { runWorkItem } from "./work-item.ts";

export interface Dispatcher {
  /** Checks for work soon. Call it after anything that may have created some. */
  wake(): void;
  /** Resolves when nothing is running or due; timers in the future do not count. */
  whenIdle(): Promise<void>;
  /** Takes no more work. Resolves when all running work has ended. */
  stop(): Promise<void>;
}

/** More messages than an instance usually has waiting. One with more delays the others only until it has taken them. */
const messagesAnInstance = 8;

/** About as many as a call's response takes, so that work caused by earlier calls does not overtake it. */
const turnsApart = 5;

/** Dispatches due work: one work item at a time per instance, within the limits of host.json. */
export function createDispatcher(engine: EngineContext): Dispatcher {
  const { store, claims, isShared, clock, settings, log } = engine;
  const instances = new Set<string>();
  const activities = new Set<number>();
  // Work that failed because of the host itself is left for the next start: retrying at once would spin.
  const brokenInstances = new Set<string>();
  const brokenActivities = new Set<number>();
  const running = new Set<Promise<void>>();
  let turns = Promise.resolve();
  let idleWaiters: (() => void)[] = [];
  let isStopped = false;
  let isAwake = false;
  let alarm: { at: number; cancel: () => void } | undefined;

  /**
   * Starts work only every few turns of the event loop, so that HTTP calls in the meantime do not wait for all of it.
   */
  function nextTurn(): Promise<void> {
    for (let turn = 0; turn < turnsApart; turn += 1)
      turns = turns.then(() => new Promise((resolve) => setImmediate(resolve)));
    return turns;
  }

  function start<Id extends string | number>(
    kind: "turn" | "activity",
    busy: Set<Id>,
    broken: Set<Id>,
    id: Id,
    work: () => Promise<void>,
  ): void {
    if (!claims.take(kind, String(id))) return;
    busy.add(id);
    const promise = nextTurn()
      .then(work)
      .catch((error: unknown) => {
        // A killed host's store is closed: it is right that this work could not be committed.
        if (!store.database.isOpen) return;
        broken.add(id);
        const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
        log("critical", durableCategory, `run ${String(id)}: the host failed (restart it to try again): ${reason}`);
      })
      .finally(() => {
        claims.release(kind, String(id));
        busy.delete(id);
        running.delete(promise);
        wake();
      });
    running.add(promise);
  }

  function setAlarm(next: number | undefined): void {
    if (alarm && alarm.at === next) return;
    alarm?.cancel();
    alarm = next === undefined ? undefined : { at: next, cancel: clock.at(new Date(next), ring) };
  }

  function ring(): void {
    alarm = undefined;
    wake();
  }

  function pump(): void {
    isAwake = false;
    if (isStopped || !store.database.isOpen) return;
    const now = clock.now().getTime();
    let isDue = false;
    // Read only as much of a long backlog as can be taken; but everything if broken instances are in the way.
    const messages = brokenInstances.size > 0 ? -1 : settings.maxConcurrentOrchestrations * messagesAnInstance;
    for (const id of store.dueInstances(now, messages)) {
      if (brokenInstances.has(id)) continue;
      isDue = true;
      if (!instances.has(id) && instances.size < settings.maxConcurrentOrchestrations) {
        start("turn", instances, brokenInstances, id, () => runWorkItem(engine, id));
      }
    }
    const most = brokenActivities.size > 0 ? -1 : settings.maxConcurrentActivities;
    for (const queued of store.queuedActivities(now, most)) {
      if (brokenActivities.has(queued.id)) continue;
      isDue = true;
      if (!activities.has(queued.id) && activities.size < settings.maxConcurrentActivities) {
        start("activity", activities, brokenActivities, queued.id, () => runActivity(engine, queued));
      }
    }
    const [nextTimerAt, nextVisibleAt] = [store.nextTimerAt(now), store.nextVisibleAt(now)];
    const next = Math.min(nextTimerAt ?? Infinity, nextVisibleAt ?? Infinity);
    setAlarm(Number.isFinite(next) ? next : undefined);
    if (isDue || running.size > 0) return;
    // Time must not jump over work that another host may be doing now.
    const mayJump = Number.isFinite(next) && !(isShared && nextVisibleAt !== undefined);
    becomeIdle(mayJump ? next : undefined);
  }

  function becomeIdle(next: number | undefined): void {
    if (next !== undefined) clock.idle?.(new Date(next));
    // Virtual time may have moved on to the next timer.
    if (isAwake) return;
    const waiters = idleWaiters;
    idleWaiters = [];
    for (const resolve of waiters) resolve();
  }

  function wake(): void {
    if (isAwake || isStopped) return;
    isAwake = true;
    setImmediate(pump);
  }

  return {
    wake,
    whenIdle() {
      if (isStopped) return Promise.resolve();
      return new Promise((resolve) => {
        idleWaiters.push(resolve);
        wake();
      });
    },
    async stop() {
      isStopped = true;
      alarm?.cancel();
      for (const resolve of idleWaiters.splice(0)) resolve();
      await Promise.allSettled(running);
    },
  };
}
