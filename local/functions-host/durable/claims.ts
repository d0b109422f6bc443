import type { Clock } from "../clock.ts";
import type { Database } from "./database.ts";

/** What a host can have under way: a turn of an instance, a run of an activity, or the timer triggers of the app. */
type Kind = "turn" | "activity" | "timers";

/** How long what a killed host had under way stays invisible to others, in milliseconds. */
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
 * What this host has under way, noted in the hub file so that other hosts leave it alone. A claim is renewed as long as the
 * host lives; that of a killed host is void once its timeout has passed.
 */
export interface Claims {
  readonly owner: string;
  /** False if another host has it. */
  take(kind: Kind, key: string): boolean;
  release(kind: Kind, key: string): void;
  /** Whether this host has it still. It may have lost it if it was stopped for longer than the timeout. */
  isMine(kind: Kind, key: string): boolean;
  /** Renews nothing any more: what is held becomes void in time. */
  stop(): void;
  /** Gives up everything at once. */
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
  // Half of the shortest timeout, so that time that tests move in one step never passes a claim of a host that lives.
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
 * What a host does, before it begins, with the claims of others in a hub that it has for itself: their owners are gone.
 * Without `atOnce` it leaves what they had under way invisible until its time has come, as the real host would have to.
 */
export function inheritClaims(database: Database, atOnce: boolean): void {
  database.run(atOnce ? "DELETE FROM claims" : "DELETE FROM claims WHERE kind = 'timers'");
}
