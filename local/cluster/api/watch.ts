import type { ServerResponse } from "node:http";
import type { KubeObject } from "../objects.ts";
import { apiVersionOf, type Kind } from "../kinds/kind.ts";
import { ApiError, expired } from "../status.ts";
import type { Change, Store } from "../store/store.ts";
import { inOrder } from "./list.ts";
import { badRevision, checkListOptions, isOn, isRevision, numberIn } from "./options.ts";
import { selectorOf } from "./selectors.ts";
import type { Present } from "./present.ts";

type WatchEvent = { type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR"; object: unknown };

/** The real API server sends a bookmark about once a minute, and one two seconds before a watch times out. */
const bookmarkEveryMs = 60_000;
const lastBookmarkMs = 2_000;
/** Real watches without timeoutSeconds end after 30 to 60 minutes. */
const longestSeconds = 1_800;

/**
 * Streams changes, one JSON object per line, until the client disconnects, the watch times out or the cluster closes.
 */
export function watchObjects(
  store: Store,
  kind: Kind,
  namespace: string | undefined,
  query: URLSearchParams,
  response: ServerResponse,
  present: Present,
): void {
  checkListOptions(query, true);
  const matches = selectorOf(kind.key, query);
  const concerns = (object: KubeObject): boolean =>
    (namespace === undefined || (object.metadata.namespace ?? "") === namespace) && matches(object);
  const since = readRevision(query);

  response.writeHead(200, { "content-type": "application/json", "cache-control": "no-cache, private" });
  response.flushHeaders();
  const write = (event: WatchEvent): void => void response.write(`${JSON.stringify(event)}\n`);
  let sent = 0;
  const send = ({ type, object }: WatchEvent): void => {
    write({ type, object: present(object, (sent += 1) === 1) });
  };
  const sendChange = (change: Change): void => {
    if (change.kind !== kind.key) return;
    const event = eventFor(change, concerns);
    if (event !== undefined) send(event);
  };

  if (since === 0) {
    for (const object of inOrder(store.list(kind.key, namespace))) if (matches(object)) send({ type: "ADDED", object });
  } else {
    const changes = store.changesAfter(since);
    if (changes === "expired") {
      write({ type: "ERROR", object: expired(`too old resource version: ${since} (${store.revision()})`).body() });
      response.end();
      return;
    }
    for (const change of changes) sendChange(change);
  }

  const timers = new Set<NodeJS.Timeout>();
  const unsubscribe = store.subscribe(sendChange);
  const seconds = numberIn(query, "timeoutSeconds") || longestSeconds;
  timers.add(setTimeout(() => response.end(), seconds * 1000));
  if (isOn(query, "allowWatchBookmarks")) {
    const bookmark = (): void => {
      const metadata = { resourceVersion: String(store.revision()), creationTimestamp: null };
      send({ type: "BOOKMARK", object: { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata } });
    };
    timers.add(setInterval(bookmark, bookmarkEveryMs));
    timers.add(setTimeout(bookmark, Math.max(0, seconds * 1000 - lastBookmarkMs)));
  }
  response.on("close", () => {
    unsubscribe();
    for (const timer of timers) clearTimeout(timer);
  });
}

/** An object that enters the selection is ADDED in this watch, and one that leaves it DELETED. */
function eventFor(change: Change, concerns: (object: KubeObject) => boolean): WatchEvent | undefined {
  const was = change.previous !== undefined && concerns(change.previous);
  const is = change.type !== "DELETED" && concerns(change.object);
  if (is) return { type: was ? "MODIFIED" : "ADDED", object: change.object };
  if (!was || change.previous === undefined) return undefined;
  const metadata = { ...change.previous.metadata, resourceVersion: String(change.revision) };
  return { type: "DELETED", object: { ...change.previous, metadata } };
}

function readRevision(query: URLSearchParams): number {
  const text = query.get("resourceVersion") ?? "";
  if (text === "") return 0;
  if (!isRevision(text)) throw new ApiError(500, "", badRevision(text));
  return Number(text);
}
