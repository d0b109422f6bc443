import type { KubernetesObject } from "@kubernetes/client-node";
import { MalformedAnswer, RefusedByCluster } from "./cluster-faults.ts";

/** How many objects a page has. */
const pageSize = 500;
/** How often a list is begun again before it is read without pages: that cannot expire, but costs the API server more. */
const begunAgainAtMost = 3;

export interface Page<T> {
  items: T[];
  /** Where the next page begins; empty or undefined at the end. */
  next: string | undefined;
}

/**
 * All objects of a list, page by page, each once. A list whose next page has expired (410: etcd was compacted, or the API
 * server was restarted) is begun again, as client-go's pager does; objects that were handed out before are left out then.
 *
 * @param read reads a page of at most `limit` objects; all if it is undefined
 */
export async function* inPages<T extends KubernetesObject>(
  read: (limit: number | undefined, next: string | undefined) => Promise<Page<T>>,
): AsyncGenerator<T[]> {
  /** Of every object that was handed out. Nobody looks for one unless the list is begun again. */
  const names: string[] = [];
  let before: ReadonlySet<string> = new Set();
  let next: string | undefined;
  let begunAgain = 0;
  for (;;) {
    let page: Page<T>;
    try {
      page = await read(begunAgain > begunAgainAtMost ? undefined : pageSize, next);
    } catch (error) {
      if (!next || !(error instanceof RefusedByCluster) || error.status !== 410) throw error;
      begunAgain += 1;
      before = new Set(names);
      next = undefined;
      continue;
    }
    yield begunAgain === 0 ? page.items : page.items.filter((item) => !before.has(nameOf(item)));
    for (const item of page.items) names.push(nameOf(item));
    next = page.next;
    if (!next) return;
  }
}

/** Lists are of one namespace. */
function nameOf({ metadata }: KubernetesObject): string {
  return metadata?.name ?? "";
}

/** A list as the API server sent it. Throws if it is none: a page of something in between must not look like no objects. */
export function withItems<List extends { items: unknown[] }>(list: List): List {
  const { kind, items } = list as { kind?: unknown; items?: unknown };
  if (Array.isArray(items)) return list;
  // Go writes an empty list as null in some versions.
  if (items === null && typeof kind === "string" && kind.endsWith("List")) return { ...list, items: [] };
  throw new MalformedAnswer("the list has no items");
}
