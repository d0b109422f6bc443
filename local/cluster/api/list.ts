import type { JsonObject, KubeObject } from "../objects.ts";
import { apiVersionOf, type Kind } from "../kinds/kind.ts";
import { ApiError, badRequest, expired } from "../status.ts";
import type { Store } from "../store/store.ts";
import { checkListOptions, numberIn } from "./options.ts";
import { selectorOf } from "./selectors.ts";

interface Continuation {
  v: "meta.k8s.io/v1";
  rv: number;
  /** The last object of the page before: "namespace/name". */
  start: string;
}

const placeOf = (object: KubeObject): string => `${object.metadata.namespace ?? ""}/${object.metadata.name}`;

/** Sorts by namespace and name, like the real API server. */
export function inOrder(objects: readonly KubeObject[]): KubeObject[] {
  const placed = objects.map((object) => ({ object, place: placeOf(object) }));
  return placed.sort((one, other) => (one.place < other.place ? -1 : 1)).map(({ object }) => object);
}

/**
 * Returns a list for GET. With `limit`, all pages have the first one's resourceVersion, so that a watch from there sees
 * changes that happened while the client read the pages. Throws 410 if that revision is no longer kept.
 */
export function listObjects(
  store: Store,
  kind: Kind,
  namespace: string | undefined,
  query: URLSearchParams,
): JsonObject {
  const matches = selectorOf(kind.key, query);
  checkListOptions(query, false);
  checkNotAhead(store, query);
  // A negative limit means no limit.
  const limit = Math.max(0, numberIn(query, "limit") ?? 0);
  const from = readContinuation(store, query.get("continue"));
  const all = inOrder(store.list(kind.key, namespace)).filter(
    (object) => (from === undefined || placeOf(object) > from.start) && matches(object),
  );
  const page = limit === 0 ? all : all.slice(0, limit);
  const last = page.at(-1);
  const revision = from?.rv ?? store.revision();
  const more = last !== undefined && page.length < all.length;
  const selected = query.has("labelSelector") || query.has("fieldSelector");
  return {
    kind: `${kind.kind}List`,
    apiVersion: apiVersionOf(kind),
    metadata: {
      resourceVersion: String(revision),
      // Lists of custom resources include an empty token.
      ...(!more && kind.custom ? { continue: "" } : {}),
      ...(more ? { continue: writeContinuation({ v: "meta.k8s.io/v1", rv: revision, start: placeOf(last) }) } : {}),
      ...(more && !selected ? { remainingItemCount: all.length - page.length } : {}),
    },
    items: page.map((object) => listed(kind, object)),
  };
}

/** Items of a built-in list have no kind and apiVersion, items of a custom list do. */
function listed(kind: Kind, object: KubeObject): JsonObject {
  const { apiVersion, kind: own, ...rest } = object;
  return (kind.custom ? { apiVersion, kind: own, ...rest } : rest) as unknown as JsonObject;
}

/** Throws 504 for a future revision. */
export function checkNotAhead(store: Store, query: URLSearchParams): void {
  const asked = Number(query.get("resourceVersion") ?? 0);
  if (!(asked > store.revision())) return;
  const message = `Timeout: Too large resource version: ${asked}, current: ${store.revision()}`;
  const causes = [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }];
  throw new ApiError(504, "Timeout", message, { causes, retryAfterSeconds: 1 });
}

const writeContinuation = (token: Continuation): string => Buffer.from(JSON.stringify(token)).toString("base64url");

function readContinuation(store: Store, text: string | null): Continuation | undefined {
  if (text === null || text === "") return undefined;
  let token: Partial<Continuation>;
  try {
    token = JSON.parse(Buffer.from(text, "base64url").toString()) as Partial<Continuation>;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw badRequest("invalid continue token: continue key is not valid: illegal base64 data at input byte 0");
  }
  const { v, rv, start } = token;
  if (v !== "meta.k8s.io/v1" || rv === undefined || start === undefined) {
    throw badRequest("invalid continue token: continue key is not valid");
  }
  if (store.changesAfter(rv) === "expired") {
    throw expired(
      "The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter.",
    );
  }
  return { v, rv, start };
}
