import type { Database } from "./database.ts";

const pollEveryMilliseconds = 100;
/** The hosts of this process that share a hub, by the hub's file. */
const hostsOf = new Map<string, Set<() => void>>();

/**
 * Calls `onChange` when another host, in any process, has written to the hub file. Returns a function that stops it.
 */
export function watchHub(file: string, database: Database, onChange: () => void): () => void {
  const hosts = hostsOf.get(file) ?? new Set();
  hostsOf.set(file, hosts.add(onChange));
  let seen: unknown;
  const poll = setInterval(() => {
    if (!database.isOpen) return;
    // SQLite's own number for "another connection has changed the file".
    const version = database.all("PRAGMA data_version")[0]?.["data_version"];
    if (version !== seen) onChange();
    seen = version;
  }, pollEveryMilliseconds);
  database.afterCommit(() => {
    for (const notify of hosts) if (notify !== onChange) notify();
  });
  return () => {
    clearInterval(poll);
    hosts.delete(onChange);
    if (hosts.size === 0) hostsOf.delete(file);
  };
}
