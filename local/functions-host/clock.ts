/** The host's time. Everything that waits does so through `at`, so that tests can control time. */
export interface Clock {
  now(): Date;
  /** Calls back once at `instant` (soon, if it is in the past). Returns a function that cancels it. */
  at(instant: Date, callback: () => void): () => void;
  /** Called by the host when no orchestration or activity is running or due. The next durable timer is at `next`. */
  idle?(next: Date): void;
}

/** Time that tests move. It never moves on its own, except to the next durable timer if `jumps` is true. */
export interface VirtualClock extends Clock {
  /**
   * True if an idle engine moves time to the next durable timer. Set it to false to keep a timeout pending, and for
   * orchestrations that loop over timers forever: with jumps they would never be idle.
   */
  jumps: boolean;
  /**
   * Moves time forward and starts, in order, what becomes due on the way. It runs afterwards, at the new time: await
   * the host's `whenIdle`, and advance in the steps that matter.
   */
  advance(milliseconds: number): void;
  advanceTo(instant: Date): void;
}

// setTimeout takes 31 bits; a longer wait is split.
const longestTimeoutMilliseconds = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => new Date(),
  at(instant, callback) {
    let timeout: NodeJS.Timeout;
    const wait = () => {
      const milliseconds = instant.getTime() - Date.now();
      timeout =
        milliseconds > longestTimeoutMilliseconds
          ? setTimeout(wait, longestTimeoutMilliseconds)
          : setTimeout(callback, Math.max(0, milliseconds));
    };
    wait();
    return () => {
      clearTimeout(timeout);
    };
  },
};

/**
 * Returns a clock that stands still at `start`. With `jumps` (the default) retry delays and durable timers take no real
 * time. Timer triggers (cron) never make it jump; use `advance` for those.
 */
export function virtualClock(
  start: Date | string = "2026-01-05T08:00:00Z",
  options?: { jumps: boolean },
): VirtualClock {
  let nowMilliseconds = new Date(start).getTime();
  const waiting = new Set<{ at: number; callback: () => void }>();

  function advanceTo(instant: Date): void {
    const target = instant.getTime();
    for (;;) {
      const due = [...waiting].filter((each) => each.at <= target).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      waiting.delete(due);
      nowMilliseconds = Math.max(nowMilliseconds, due.at);
      due.callback();
    }
    nowMilliseconds = Math.max(nowMilliseconds, target);
  }

  const clock: VirtualClock = {
    jumps: options?.jumps ?? true,
    now: () => new Date(nowMilliseconds),
    at(instant, callback) {
      const entry = { at: instant.getTime(), callback };
      waiting.add(entry);
      // What is already due must not wait until somebody advances the clock.
      if (entry.at <= nowMilliseconds) {
        setImmediate(() => {
          if (waiting.delete(entry)) callback();
        });
      }
      return () => {
        waiting.delete(entry);
      };
    },
    idle(next) {
      if (clock.jumps) advanceTo(next);
    },
    advance: (milliseconds) => {
      advanceTo(new Date(nowMilliseconds + milliseconds));
    },
    advanceTo,
  };
  return clock;
}
