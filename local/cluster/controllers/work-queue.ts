export interface WorkQueue {
  /** Adds work unless it is already waiting. */
  add(key: string): void;
  addAfter(key: string, afterMs: number): void;
  stop(): void;
}

const retryMs = 500;

/**
 * Runs one item per turn of the event loop, so that requests are answered in between. Failed work is logged and
 * retried.
 */
export function createWorkQueue(run: (key: string) => void, log: (line: string) => void): WorkQueue {
  const waiting = new Set<string>();
  const timers = new Map<string, NodeJS.Timeout>();
  let turn: NodeJS.Immediate | undefined;
  let stopped = false;

  const next = (): void => {
    turn = undefined;
    const [key] = waiting;
    if (key === undefined || stopped) return;
    waiting.delete(key);
    try {
      run(key);
    } catch (error) {
      log(`reconcile ${key}: ${error instanceof Error ? error.message : String(error)} (will retry)`);
      addAfter(key, retryMs);
    }
    schedule();
  };
  const schedule = (): void => {
    if (waiting.size > 0 && !stopped) turn ??= setImmediate(next);
  };
  const add = (key: string): void => {
    waiting.add(key);
    schedule();
  };
  const addAfter = (key: string, afterMs: number): void => {
    if (stopped || timers.has(key)) return;
    const fire = (): void => {
      timers.delete(key);
      add(key);
    };
    // Longer than a timer's limit (24.8 days) is as good as never; the next change of the object adds it anyway.
    timers.set(key, setTimeout(fire, Math.min(afterMs, 2 ** 31 - 1)));
  };
  return {
    add,
    addAfter,
    stop() {
      stopped = true;
      if (turn !== undefined) clearImmediate(turn);
      for (const timer of timers.values()) clearTimeout(timer);
    },
  };
}
