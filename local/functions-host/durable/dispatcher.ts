import { runActivity } from "./activity-run.ts";
import { durableCategory } from "./engine-context.ts";
import type { EngineContext } from "./engine-context.ts";
import { runWorkItem } from "./work-item.ts";

export interface Dispatcher {
  /** Looks for work soon. Call it after everything that may have made some. */
  wake(): void;
  /** Resolves when nothing runs and nothing is due; timers in the future do not count. */
  whenIdle(): Promise<void>;
  /** Takes no more work. Resolves when what runs has ended. */
  stop(): Promise<void>;
}

/** More messages than an instance usually has waiting. One with more holds up the others only until it has taken them. */
const messagesAnInstance = 8;

/** About as many as the answer to a call takes, so that it is not outrun by what calls before it led to. */
const turnsApart = 5;

/** Hands out due work: one work item at a time an instance, within the limits of host.json. */
export function createDispatcher(engine: EngineContext): Dispatcher {
  const { store, claims, isShared, clock, settings, log } = engine;
  const instances = new Set<string>();
  const activities = new Set<number>();
  // Work that failed for a reason of the host's own is left for the next start: trying again at once would spin.
  const brokenInstances = new Set<string>();
  const brokenActivities = new Set<number>();
  const running = new Set<Promise<void>>();
  let turns = Promise.resolve();
  let idleWaiters: (() => void)[] = [];
  let isStopped = false;
  let isAwake = false;
  let alarm: { at: number; cancel: () => void } | undefined;

  /** One piece of work every few turns of the event loop: who calls by HTTP meanwhile does not wait for all of them. */
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
        // The store of a killed host is closed: that this work could not be committed is as it should be.
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
    // Of a long backlog only what could be taken is read; what is broken is in the way, so then everything is.
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
    // Time that jumps must not pass what another host may be doing now.
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
