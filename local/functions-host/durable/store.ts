import { randomBytes } from "node:crypto";
import type { Database } from "./database.ts";
import { EventType } from "./history.ts";
import type { HistoryEvent, Message, ParentInstance } from "./history.ts";

export type Status = "Pending" | "Running" | "Suspended" | "ContinuedAsNew" | "Completed" | "Failed" | "Terminated";

/** The status row of an instance. input, output and customStatus are JSON; instants are in milliseconds. */
export interface Instance {
  instanceId: string;
  executionId: string;
  name: string;
  version: string | null;
  status: Status;
  input: string | null;
  output: string | null;
  customStatus: string | null;
  parent: ParentInstance | null;
  createdAt: number;
  updatedAt: number;
}

export function isFinished(status: Status): boolean {
  return status === "Completed" || status === "Failed" || status === "Terminated";
}

export interface Received {
  id: number;
  executionId: string | null;
  event: Message;
}

export interface QueuedActivity {
  id: number;
  instanceId: string;
  executionId: string;
  taskId: number;
  name: string;
  input: string | null;
  attempt: number;
  runs: number;
}

/**
 * The durable engine's tables, as the host `owner` sees them: without other hosts' claims. Callers group changes into
 * one `database.transaction`.
 */
export type DurableStore = ReturnType<typeof createStore>;

export function createStore(database: Database, owner = "") {
  const { all, run } = database;
  const isVisible = (kind: "turn" | "activity", key: string) =>
    `NOT EXISTS (SELECT 1 FROM claims WHERE kind = '${kind}' AND key = ${key} AND owner <> ? AND visible_at > ?)`;
  return {
    database,

    /** The system key of the durable webhooks, created once per store. */
    systemKey(): string {
      run("INSERT OR IGNORE INTO meta (key, value) VALUES ('systemKey', ?)", randomBytes(32).toString("base64url"));
      return all("SELECT value FROM meta WHERE key = 'systemKey'")[0]?.["value"] as string;
    },

    instance(instanceId: string): Instance | undefined {
      const row = all("SELECT * FROM instances WHERE instance_id = ?", instanceId)[0];
      return row && toInstance(row);
    },
    instances: (where: string, values: (string | number)[]): Instance[] =>
      all(`SELECT * FROM instances WHERE ${where}`, ...values).map(toInstance),
    writeInstance(row: Instance): void {
      run(
        "INSERT OR REPLACE INTO instances VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        ...[row.instanceId, row.executionId, row.name, row.version, row.status, row.input, row.output],
        ...[row.customStatus, row.parent && JSON.stringify(row.parent), row.createdAt, row.updatedAt],
      );
    },
    /** Removes everything about an instance. A running activity then finds nothing to complete. */
    removeInstance(instanceId: string): void {
      for (const table of ["instances", "history", "inbox", "activities"]) {
        run(`DELETE FROM ${table} WHERE instance_id = ?`, instanceId);
      }
    },

    history: (instanceId: string): HistoryEvent[] =>
      all("SELECT event FROM history WHERE instance_id = ? ORDER BY position", instanceId).map(
        (row) => JSON.parse(row["event"] as string) as HistoryEvent,
      ),
    appendHistory(instanceId: string, from: number, events: readonly HistoryEvent[]): void {
      for (const [index, event] of events.entries()) {
        run("INSERT INTO history VALUES (?, ?, ?)", instanceId, from + index, JSON.stringify(event));
      }
    },
    removeHistory: (instanceId: string) => run("DELETE FROM history WHERE instance_id = ?", instanceId),

    /** Puts a message into an instance's inbox. If `executionId` is null, it is for any execution. */
    send(
      instanceId: string,
      event: Message,
      dueAt: number,
      to: { executionId: string | null; first?: boolean } = { executionId: null },
    ): void {
      run(
        "INSERT INTO inbox (instance_id, execution_id, first, due_at, event) VALUES (?, ?, ?, ?, ?)",
        ...[instanceId, to.executionId, to.first === true ? 1 : 0, dueAt, JSON.stringify(event)],
      );
    },
    received: (instanceId: string, now: number): Received[] =>
      all(
        "SELECT * FROM inbox WHERE instance_id = ? AND due_at <= ? ORDER BY first DESC, due_at, id",
        instanceId,
        now,
      ).map((row) => ({
        id: row["id"] as number,
        executionId: row["execution_id"] as string | null,
        event: JSON.parse(row["event"] as string) as Message,
      })),
    removeReceived: (ids: readonly number[]) => {
      for (const id of ids) run("DELETE FROM inbox WHERE id = ?", id);
    },
    /** Removes timers that nothing waits for any more (cancelled, or of a finished execution). */
    removeTimers(instanceId: string, isOpen: (timerId: number) => boolean): void {
      const type = `json_extract(event, '$.EventType') = ${EventType.TimerFired}`;
      const timers = all(
        `SELECT id, json_extract(event, '$.TimerId') AS timer FROM inbox WHERE instance_id = ? AND ${type}`,
        instanceId,
      );
      for (const row of timers) {
        if (!isOpen(row["timer"] as number)) run("DELETE FROM inbox WHERE id = ?", row["id"] as number);
      }
    },
    /** Returns the instances of the oldest due messages, at most `messages` of them; -1: no limit. */
    dueInstances: (now: number, messages: number): string[] =>
      all(
        `SELECT instance_id FROM (
           SELECT id, instance_id FROM inbox WHERE due_at <= ? AND ${isVisible("turn", "instance_id")} ORDER BY id LIMIT ?
         )
         GROUP BY instance_id ORDER BY min(id)`,
        ...[now, owner, now, messages],
      ).map((row) => row["instance_id"] as string),
    nextTimerAt: (now: number): number | undefined =>
      (all("SELECT min(due_at) AS next FROM inbox WHERE due_at > ?", now)[0]?.["next"] as number | null) ?? undefined,
    /** Returns when the first of other hosts' claims expires, unless it is renewed. */
    nextVisibleAt: (now: number): number | undefined =>
      (all(
        "SELECT min(visible_at) AS next FROM claims WHERE kind IN ('turn', 'activity') AND owner <> ? AND visible_at > ?",
        ...[owner, now],
      )[0]?.["next"] as number | null) ?? undefined,

    queueActivity(activity: Omit<QueuedActivity, "id" | "runs">): void {
      run(
        "INSERT INTO activities (instance_id, execution_id, task_id, name, input, attempt) VALUES (?, ?, ?, ?, ?, ?)",
        ...[activity.instanceId, activity.executionId, activity.taskId],
        ...[activity.name, activity.input, activity.attempt],
      );
    },
    /** Returns the `most` oldest; -1: all. */
    queuedActivities: (now: number, most: number): QueuedActivity[] =>
      all(
        `SELECT * FROM activities WHERE ${isVisible("activity", "CAST(id AS TEXT)")} ORDER BY id LIMIT ?`,
        ...[owner, now, most],
      ).map((row) => ({
        id: row["id"] as number,
        instanceId: row["instance_id"] as string,
        executionId: row["execution_id"] as string,
        taskId: row["task_id"] as number,
        name: row["name"] as string,
        input: row["input"] as string | null,
        attempt: row["attempt"] as number,
        runs: row["runs"] as number,
      })),
    countRun: (activityId: number) => run("UPDATE activities SET runs = runs + 1 WHERE id = ?", activityId),
    removeActivity: (activityId: number) => run("DELETE FROM activities WHERE id = ?", activityId),
  };
}

function toInstance(row: Record<string, unknown>): Instance {
  const parent = row["parent"] as string | null;
  return {
    instanceId: row["instance_id"] as string,
    executionId: row["execution_id"] as string,
    name: row["name"] as string,
    version: row["version"] as string | null,
    status: row["status"] as Status,
    input: row["input"] as string | null,
    output: row["output"] as string | null,
    customStatus: row["custom_status"] as string | null,
    parent: parent === null ? null : (JSON.parse(parent) as ParentInstance),
    createdAt: row["created_at"] as number,
    updatedAt: row["updated_at"] as number,
  };
}
