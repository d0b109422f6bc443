import type { KubernetesObject, Watch } from "@kubernetes/client-node";
import { ProductError } from "../errors.ts";
import type { Advice } from "./advice.ts";
import { faultOfWatch, type WatchedPath } from "./changes.ts";

/** What changed after a version, in this order, and the version that it leads to. */
export interface ChangesSince {
  changes: { type: "ADDED" | "MODIFIED" | "DELETED"; object: KubernetesObject }[];
  version: string;
}

/** The API server sends what changed before at once; after this long without a change, nothing more is waited for. */
const quietMilliseconds = 300;
/** When the API server ends the watch if we do not. */
const longestSeconds = 10;

/**
 * What changed below a path after a version, by a watch that is ended as soon as nothing more comes. What comes later is
 * found by the next call. Null if the API server no longer knows that version (410: read everything again).
 */
export function changesSince(
  watch: Watch,
  { path, labels, fields }: WatchedPath,
  version: string,
  advice: Advice,
): Promise<ChangesSince | null> {
  const query = {
    labelSelector: labels,
    fieldSelector: fields,
    resourceVersion: version,
    allowWatchBookmarks: true,
    timeoutSeconds: longestSeconds,
  };
  const found: ChangesSince = { changes: [], version };
  return new Promise((resolve, reject) => {
    let quiet: NodeJS.Timeout | undefined;
    let end = () => undefined as unknown;
    const settle = (result: ChangesSince | null) => {
      clearTimeout(quiet);
      resolve(result);
      end();
    };
    const waitOn = () => {
      clearTimeout(quiet);
      quiet = setTimeout(settle, quietMilliseconds, found);
    };
    const heard = (type: string, object: KubernetesObject & { code?: number; message?: string }) => {
      if (type === "ERROR") {
        if (object.code === 410) settle(null);
        else failed(new Error(object.message));
        return;
      }
      found.version = object.metadata?.resourceVersion ?? found.version;
      if (type === "ADDED" || type === "MODIFIED" || type === "DELETED") found.changes.push({ type, object });
      waitOn();
    };
    const failed = (error: unknown) => {
      clearTimeout(quiet);
      const status = (error as { statusCode?: number } | null)?.statusCode;
      if (!error) resolve(found);
      else if (status === 410) resolve(null);
      else if (status === 401 || status === 403) reject(faultOfWatch(path, status, advice));
      else
        reject(
          new ProductError("cluster-unavailable", "read changes: the API server did not tell them (ask again)", {
            cause: error,
          }),
        );
      end();
    };
    watch.watch(path, query, heard, failed).then((controller) => {
      end = () => {
        controller.abort();
      };
      if (!controller.signal.aborted) waitOn();
    }, failed);
  });
}
