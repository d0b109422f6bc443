import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";

const layout = "guacamole-workspaces local cluster 1";

/** The store's file cannot be used, and a retry does not help: the caller may offer to delete it. */
export class CorruptStoreError extends Error {
  readonly path: string;

  constructor(path: string, why: string, cause?: unknown) {
    super(`open cluster store ${path}: ${why} (delete the file to start with an empty cluster)`, { cause });
    this.path = path;
  }
}

/** Opens the store's database for this process only. Throws CorruptStoreError, or an Error that says what is wrong. */
export function openDatabase(path: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    if (path !== ":memory:") mkdirSync(dirname(path), { recursive: true });
    database = new DatabaseSync(path, { timeout: 200 });
    prepare(database, path);
    return database;
  } catch (error) {
    database?.close();
    throw explained(path, error);
  }
}

function prepare(database: DatabaseSync, path: string): void {
  // An exclusive lock keeps a second cluster off the file. It ends with the process, even after kill -9.
  database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
  const check = database.prepare("PRAGMA quick_check(1)").get();
  if (check?.["quick_check"] !== "ok") throw new CorruptStoreError(path, "the file is damaged");
  database.exec(`
    BEGIN IMMEDIATE;
    CREATE TABLE IF NOT EXISTS layout (name TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS objects (
      kind TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL,
      PRIMARY KEY (kind, namespace, name)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS changes (
      revision INTEGER PRIMARY KEY, type TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL, previous TEXT
    );
    CREATE TABLE IF NOT EXISTS faults (
      namespace TEXT NOT NULL, deployment TEXT NOT NULL, fault TEXT NOT NULL, PRIMARY KEY (namespace, deployment)
    );
    COMMIT`);
  const found = database.prepare("SELECT name FROM layout").get()?.["name"];
  if (found === undefined) database.prepare("INSERT INTO layout (name) VALUES (?)").run(layout);
  else if (found !== layout)
    throw new CorruptStoreError(path, `it was written by another version ("${String(found)}")`);
}

function explained(path: string, error: unknown): Error {
  if (error instanceof CorruptStoreError) return error;
  const why = error instanceof Error ? error.message : String(error);
  if (/not a database|malformed|no such column/.test(why)) return new CorruptStoreError(path, why, error);
  if (/locked|busy/.test(why)) {
    return new Error(`open cluster store ${path}: another process uses it (stop that one, or choose another file)`, {
      cause: error,
    });
  }
  return new Error(`open cluster store ${path}: ${why} (choose a file that this user can read and write)`, {
    cause: error,
  });
}
