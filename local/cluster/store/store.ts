import type { DatabaseSync } from "node:sqlite";
import type { KubeObject } from "../objects.ts";
import { openDatabase } from "./open.ts";

export interface Change {
  revision: number;
  type: "ADDED" | "MODIFIED" | "DELETED";
  kind: string;
  object: KubeObject;
  /** The previous object, so that a watch can notice when an object leaves its selector. */
  previous: KubeObject | undefined;
}

/** Objects by kind ("pods", "deployments.apps"), namespace ("" for cluster-wide kinds) and name. */
export interface Store {
  readonly database: DatabaseSync;
  revision(): number;
  get(kind: string, namespace: string, name: string): KubeObject | undefined;
  /** In no particular order. */
  list(kind: string, namespace?: string): KubeObject[];
  byUid(uid: string): { kind: string; object: KubeObject } | undefined;
  /** Returns the objects whose ownerReferences contain this uid. */
  dependents(uid: string): { kind: string; object: KubeObject }[];
  /** Stores an object with the next revision, in one transaction with the change for watches, and returns it. */
  put(kind: string, object: KubeObject): KubeObject;
  remove(kind: string, namespace: string, name: string): KubeObject | undefined;
  /** Returns the changes after a revision, oldest first; "expired" if some are no longer kept. */
  changesAfter(revision: number): Change[] | "expired";
  subscribe(listener: (change: Change) => void): () => void;
  close(): void;
}

interface Entry {
  kind: string;
  object: KubeObject;
}

const keyOf = (namespace: string, name: string): string => `${namespace}/${name}`;

/** Opens the store. `keepChanges` is how many changes a watch may be behind before it gets 410. */
export function openStore(path: string, keepChanges: number): Store {
  const database = openDatabase(path);
  const kinds = new Map<string, Map<string, KubeObject>>();
  const uids = new Map<string, Entry>();
  const owned = new Map<string, Map<string, Entry>>();
  const listeners = new Set<(change: Change) => void>();

  const place = (kind: string): Map<string, KubeObject> => {
    const found = kinds.get(kind) ?? new Map<string, KubeObject>();
    kinds.set(kind, found);
    return found;
  };
  const forget = (entry: Entry): void => {
    const { metadata } = entry.object;
    place(entry.kind).delete(keyOf(metadata.namespace ?? "", metadata.name));
    uids.delete(metadata.uid);
    for (const owner of metadata.ownerReferences ?? []) owned.get(owner.uid)?.delete(metadata.uid);
  };
  const remember = (entry: Entry): void => {
    const { metadata } = entry.object;
    place(entry.kind).set(keyOf(metadata.namespace ?? "", metadata.name), entry.object);
    uids.set(metadata.uid, entry);
    for (const owner of metadata.ownerReferences ?? []) {
      const dependents = owned.get(owner.uid) ?? new Map<string, Entry>();
      owned.set(owner.uid, dependents.set(metadata.uid, entry));
    }
  };

  for (const row of database.prepare("SELECT kind, body FROM objects").all()) {
    remember({ kind: String(row["kind"]), object: JSON.parse(String(row["body"])) as KubeObject });
  }
  let revision = Number(database.prepare("SELECT max(revision) AS revision FROM changes").get()?.["revision"] ?? 0);

  const statements = {
    put: database.prepare("INSERT OR REPLACE INTO objects (kind, namespace, name, body) VALUES (?, ?, ?, ?)"),
    remove: database.prepare("DELETE FROM objects WHERE kind = ? AND namespace = ? AND name = ?"),
    log: database.prepare("INSERT INTO changes (revision, type, kind, body, previous) VALUES (?, ?, ?, ?, ?)"),
    trim: database.prepare("DELETE FROM changes WHERE revision <= ?"),
    after: database.prepare(
      "SELECT revision, type, kind, body, previous FROM changes WHERE revision > ? ORDER BY revision",
    ),
    oldest: database.prepare("SELECT min(revision) AS revision FROM changes"),
  };

  const commit = (change: Change): void => {
    const { namespace = "", name } = change.object.metadata;
    const body = JSON.stringify(change.object);
    database.exec("BEGIN IMMEDIATE");
    try {
      if (change.type === "DELETED") statements.remove.run(change.kind, namespace, name);
      else statements.put.run(change.kind, namespace, name, body);
      const previous = change.previous === undefined ? null : JSON.stringify(change.previous);
      statements.log.run(change.revision, change.type, change.kind, body, previous);
      statements.trim.run(change.revision - keepChanges);
      database.exec("COMMIT");
    } catch (error) {
      database.exec("ROLLBACK");
      throw error;
    }
    revision = change.revision;
    if (change.previous !== undefined) forget({ kind: change.kind, object: change.previous });
    if (change.type !== "DELETED") remember({ kind: change.kind, object: change.object });
    for (const listener of [...listeners]) listener(change);
  };
  const next = (object: KubeObject): KubeObject => ({
    ...object,
    metadata: { ...object.metadata, resourceVersion: String(revision + 1) },
  });

  return {
    database,
    revision: () => revision,
    get: (kind, namespace, name) => place(kind).get(keyOf(namespace, name)),
    list(kind, namespace) {
      const all = [...place(kind).values()];
      return namespace === undefined ? all : all.filter((object) => (object.metadata.namespace ?? "") === namespace);
    },
    byUid: (uid) => uids.get(uid),
    dependents: (uid) => [...(owned.get(uid)?.values() ?? [])],
    put(kind, object) {
      const { namespace = "", name } = object.metadata;
      const previous = place(kind).get(keyOf(namespace, name));
      const stored = next(object);
      commit({ revision: revision + 1, type: previous ? "MODIFIED" : "ADDED", kind, object: stored, previous });
      return stored;
    },
    remove(kind, namespace, name) {
      const previous = place(kind).get(keyOf(namespace, name));
      if (previous === undefined) return undefined;
      const last = next(previous);
      commit({ revision: revision + 1, type: "DELETED", kind, object: last, previous });
      return last;
    },
    changesAfter(after) {
      const oldest = Number(statements.oldest.get()?.["revision"] ?? 0);
      if (after < oldest - 1) return "expired";
      return statements.after.all(after).map((row) => ({
        revision: Number(row["revision"]),
        type: row["type"] as Change["type"],
        kind: String(row["kind"]),
        object: JSON.parse(String(row["body"])) as KubeObject,
        previous: row["previous"] === null ? undefined : (JSON.parse(String(row["previous"])) as KubeObject),
      }));
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      listeners.clear();
      database.close();
    },
  };
}
