export interface WorkQueue {
  /** Work that is already waiting is not added twice. */
  add(key: string): void;
  addAfter(key: string, afterMs: number): void;
  stop(): void;
}

const retryMs = 500;

/** Runs one piece of work a turn, so that requests are answered in between; failed work is logged and tried again. */
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
      log(`reconcile ${key}: ${error instanceof Error ? error.message : String(error)} (trying again)`);
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
    // Longer than a timer can wait (24.8 days) is as good as never; the next change of the object looks again anyway.
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
