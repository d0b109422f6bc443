import type { Clock } from "../clock.ts";
import type { Database } from "./database.ts";

/** What a host can work on: a turn of an instance, a run of an activity, or the app's timer triggers. */
type Kind = "turn" | "activity" | "timers";

/** How long a killed host's unfinished work stays invisible to other hosts, in milliseconds. */
export interface VisibilityTimeouts {
  controlQueueVisibilityTimeout: number;
  workItemQueueVisibilityTimeout: number;
}

/** The durable extension's default (AzureStorageOptions.cs); it refuses less than a minute. */
export const usualVisibilityTimeouts: VisibilityTimeouts = {
  controlQueueVisibilityTimeout: 5 * 60_000,
  workItemQueueVisibilityTimeout: 5 * 60_000,
};

/** singleton.listenerLockPeriod of the WebJobs SDK: how long a killed host keeps the timer triggers. */
const listenerLockPeriodMilliseconds = 60_000;

/**
 * This host's current work, recorded in the hub file so that other hosts leave it alone. Claims are renewed while the
 * host is running; a killed host's claims expire after their timeout.
 */
export interface Claims {
  readonly owner: string;
  /** False if another host has it. */
  take(kind: Kind, key: string): boolean;
  release(kind: Kind, key: string): void;
  /** True if this host still has it. It loses the claim if its process was stopped for longer than the timeout. */
  isMine(kind: Kind, key: string): boolean;
  /** Stops renewing: the claims expire. */
  stop(): void;
  /** Releases all claims at once. */
  releaseAll(): void;
}

export function createClaims(options: {
  owner: string;
  database: Database;
  clock: Clock;
  timeouts: VisibilityTimeouts;
}): Claims {
  const { owner, database, clock } = options;
  const milliseconds: Record<Kind, number> = {
    turn: options.timeouts.controlQueueVisibilityTimeout,
    activity: options.timeouts.workItemQueueVisibilityTimeout,
    timers: listenerLockPeriodMilliseconds,
  };
  // Half of the shortest timeout, so that no claim of a running host expires when tests move time in one step.
  const renewEvery = Math.min(...Object.values(milliseconds)) / 2;
  const held = new Set<string>();
  let cancelRenewal: (() => void) | undefined;

  function renewLater(): void {
    cancelRenewal ??= clock.at(new Date(clock.now().getTime() + renewEvery), () => {
      cancelRenewal = undefined;
      if (!database.isOpen) return;
      const now = clock.now().getTime();
      for (const [kind, timeout] of Object.entries(milliseconds)) {
        database.run("UPDATE claims SET visible_at = ? WHERE owner = ? AND kind = ?", now + timeout, owner, kind);
      }
      if (held.size > 0) renewLater();
    });
  }

  function stop(): void {
    cancelRenewal?.();
    cancelRenewal = undefined;
  }

  return {
    owner,
    take(kind, key) {
      const now = clock.now().getTime();
      const taken = database.run(
        `INSERT INTO claims (kind, key, owner, visible_at) VALUES (?, ?, ?, ?)
         ON CONFLICT (kind, key) DO UPDATE SET owner = excluded.owner, visible_at = excluded.visible_at
         WHERE claims.owner = excluded.owner OR claims.visible_at <= ?`,
        ...[kind, key, owner, now + milliseconds[kind], now],
      );
      if (taken === 0) return false;
      held.add(`${kind} ${key}`);
      renewLater();
      return true;
    },
    release(kind, key) {
      held.delete(`${kind} ${key}`);
      if (held.size === 0) stop();
      if (database.isOpen)
        database.run("DELETE FROM claims WHERE kind = ? AND key = ? AND owner = ?", kind, key, owner);
    },
    isMine: (kind, key) =>
      database.all("SELECT 1 FROM claims WHERE kind = ? AND key = ? AND owner = ?", kind, key, owner).length > 0,
    stop,
    releaseAll() {
      stop();
      held.clear();
      database.run("DELETE FROM claims WHERE owner = ?", owner);
    },
  };
}

/**
 * Handles, before a host starts on an unshared hub, the claims of earlier hosts, which are gone. Unless `atOnce`, their
 * unfinished work stays invisible until its timeout, as on the real host.
 */
export function inheritClaims(database: Database, atOnce: boolean): void {
  database.run(atOnce ? "DELETE FROM claims" : "DELETE FROM claims WHERE kind = 'timers'");
}
