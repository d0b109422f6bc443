import { mkdirSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";

const schema = `
  CREATE TABLE IF NOT EXISTS meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
  );
  CREATE TABLE IF NOT EXISTS instances (
    instance_id   TEXT PRIMARY KEY,
    execution_id  TEXT NOT NULL,
    name          TEXT NOT NULL,
    version       TEXT,
    status        TEXT NOT NULL,
    input         TEXT,
    output        TEXT,
    custom_status TEXT,
    parent        TEXT,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL
  );
  CREATE TABLE IF NOT EXISTS history (
    instance_id TEXT NOT NULL,
    position    INTEGER NOT NULL,
    event       TEXT NOT NULL,
    PRIMARY KEY (instance_id, position)
  ) WITHOUT ROWID;
  -- first = 1 is read before everything else: the start of an execution and the events that it carries over.
  -- due_at is in the future for durable timers; execution_id is null for messages to any execution.
  CREATE TABLE IF NOT EXISTS inbox (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    instance_id  TEXT NOT NULL,
    execution_id TEXT,
    first        INTEGER NOT NULL,
    due_at       INTEGER NOT NULL,
    event        TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS inbox_due ON inbox (due_at);
  CREATE INDEX IF NOT EXISTS inbox_instance ON inbox (instance_id);
  CREATE TABLE IF NOT EXISTS activities (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    instance_id  TEXT NOT NULL,
    execution_id TEXT NOT NULL,
    task_id      INTEGER NOT NULL,
    name         TEXT NOT NULL,
    input        TEXT,
    attempt      INTEGER NOT NULL,
    runs         INTEGER NOT NULL DEFAULT 0
  );
  -- A host's current work. Others leave it alone until visible_at.
  CREATE TABLE IF NOT EXISTS claims (
    kind       TEXT NOT NULL,
    key        TEXT NOT NULL,
    owner      TEXT NOT NULL,
    visible_at INTEGER NOT NULL,
    PRIMARY KEY (kind, key)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS timer_triggers (
    name     TEXT PRIMARY KEY,
    schedule TEXT NOT NULL,
    last_at  INTEGER,
    next_at  INTEGER NOT NULL
  );
`;

/** The host's SQLite file. After `close` nothing is committed any more: `transaction` and `all` throw. */
export interface Database {
  /** Runs one statement and returns its rows. */
  all: (sql: string, ...values: (string | number | null)[]) => Record<string, unknown>[];
  /** Runs one statement and returns the number of changed rows. */
  run: (sql: string, ...values: (string | number | null)[]) => number;
  /** Runs the body in a transaction. It is synchronous, so no other work can interleave. */
  transaction<T>(body: () => T): T;
  /** Calls back after every later transaction. */
  afterCommit(callback: () => void): void;
  readonly isOpen: boolean;
  close(): void;
}

/**
 * Opens the store, or ":memory:", for this host only unless it is shared. WAL with synchronous=NORMAL keeps every
 * commit if the process is killed; a power failure may lose the last ones, which is acceptable on a developer's
 * machine.
 */
export function openDatabase(file: string, { shared = false } = {}): Database {
  if (file !== ":memory:") mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  const database = connect(file, shared);
  const afterCommit: (() => void)[] = [];
  const statements = new Map<string, ReturnType<DatabaseSync["prepare"]>>();
  const prepare = (sql: string) => {
    const statement = statements.get(sql) ?? database.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  return {
    all: (sql, ...values) => prepare(sql).all(...values),
    run: (sql, ...values) => Number(prepare(sql).run(...values).changes),
    transaction(body) {
      database.exec("BEGIN IMMEDIATE");
      let result: ReturnType<typeof body>;
      try {
        result = body();
        database.exec("COMMIT");
      } catch (error) {
        database.exec("ROLLBACK");
        throw error;
      }
      for (const callback of afterCommit) callback();
      return result;
    },
    afterCommit(callback) {
      afterCommit.push(callback);
    },
    get isOpen() {
      return database.isOpen;
    },
    close() {
      if (database.isOpen) database.close();
    },
  };
}

function connect(file: string, shared: boolean): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file);
    // Exclusive by default: two hosts on one store by mistake, with two versions of an app, would mix them.
    const locking = shared ? "PRAGMA locking_mode=NORMAL; PRAGMA busy_timeout=1000" : "PRAGMA locking_mode=EXCLUSIVE";
    database.exec(`${locking}; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL`);
    database.exec(schema);
    if (shared) database.exec("PRAGMA busy_timeout=5000");
    return database;
  } catch (cause) {
    database?.close();
    const reason = (cause as Error).message;
    const advice = reason.includes("locked") ? "stop the other host that uses it" : "delete it, or choose another path";
    throw new Error(`open store ${file}: ${reason} (${advice})`, { cause });
  }
}
