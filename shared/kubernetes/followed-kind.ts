import type { KubernetesObject, Watch } from "@kubernetes/client-node";
import { type ErrorCode, ProductError } from "../errors.ts";
import type { Advice } from "./advice.ts";
import { faultOfWatch, type WatchedPath } from "./changes.ts";

/** Hears of every change of one kind from now on. */
export interface Follower {
  changed(type: "ADDED" | "MODIFIED" | "DELETED", object: KubernetesObject): void;
  /** Changes may have been missed: what is known has to be read again. */
  missed(): void;
  /** The watch ended, and begins again in a second: until then nothing is heard of. */
  interrupted?(): void;
}

/** One watch that is begun again whenever it ends. */
export interface Following {
  /** Resolves once changes are heard of. Throws if watching is not allowed. */
  live(): Promise<void>;
  close(): void;
}

/** What the list at the beginning is told if reading is not allowed. */
const refusals: ReadonlySet<ErrorCode> = new Set(["cluster-not-allowed", "cluster-not-authenticated"]);

/** How long a watch that ended waits before it begins again. */
const againMilliseconds = 1_000;

/**
 * Follows the changes of a kind. Begins with `versionNow`, so that nothing of the estate is read; goes on from the last
 * version that it heard of, and begins anew if the API server no longer knows that one (410,
 * kubernetes.io/docs/reference/using-api/api-concepts, "Efficient detection of changes").
 */
export function followKind(
  watch: Pick<Watch, "watch">,
  { path, labels, fields }: WatchedPath,
  versionNow: () => Promise<string>,
  follower: Follower,
  advice: Advice,
): Following {
  let isClosed = false;
  let stop: (() => void) | undefined;
  let timer: NodeJS.Timeout | undefined;
  let version: string | undefined;
  let refused: ProductError | undefined;
  // It may be closed during any wait.
  const isOver = () => isClosed;
  let begun = begin();

  async function begin(): Promise<void> {
    // The role may have been mended meanwhile; if not, the API server says so again.
    refused = undefined;
    if (version === undefined) {
      version = await versionNow();
      // Whatever happens to the watch: everything since this version will be heard of.
      follower.missed();
    }
    if (isOver()) return;
    const query = { labelSelector: labels, fieldSelector: fields, resourceVersion: version, allowWatchBookmarks: true };
    const controller = await watch.watch(path, query, heard, ended);
    stop = () => {
      controller.abort();
    };
    if (isOver()) stop();
  }

  function heard(type: string, object: KubernetesObject & { code?: number }): void {
    if (type === "ERROR") {
      if (object.code === 410) version = undefined;
      stop?.();
      return;
    }
    version = object.metadata?.resourceVersion ?? version;
    if (type === "ADDED" || type === "MODIFIED" || type === "DELETED") follower.changed(type, object);
  }

  function ended(error: unknown): void {
    if (isClosed) return;
    follower.interrupted?.();
    const status = (error as { statusCode?: number } | null)?.statusCode;
    if (status === 410) version = undefined;
    if (error instanceof ProductError && refusals.has(error.code)) refused = error;
    else refused = status === 401 || status === 403 ? faultOfWatch(path, status, advice) : undefined;
    timer = setTimeout(() => {
      begun = begin();
      begun.catch(ended);
    }, againMilliseconds);
    timer.unref();
  }

  begun.catch(ended);
  return {
    async live() {
      await begun.catch(() => undefined);
      if (refused) throw refused;
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
      stop?.();
    },
  };
}
