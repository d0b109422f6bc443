import type { Watch } from "@kubernetes/client-node";
import { ProductError } from "../errors.ts";
import type { Advice } from "./advice.ts";
import { withoutCredential } from "./cluster-faults.ts";

export interface WatchedPath {
  path: string;
  labels?: string;
  fields?: string;
}

export interface Changes {
  /** Resolves at the first change since the last call (or since the watch began), or when the time is up. */
  next(milliseconds: number): Promise<void>;
  close(): void;
}

/**
 * Notices changes below some paths; what is there already counts as one. Throws if watching is not allowed: that would
 * stay unnoticed forever, and make every wait slow. A watch that ends early costs nothing but promptness.
 */
export async function watchChanges(watch: Watch, paths: readonly WatchedPath[], advice: Advice): Promise<Changes> {
  let change = Promise.withResolvers<undefined>();
  let refused: ProductError | undefined;
  const begun = await Promise.allSettled(
    paths.map(({ path, labels, fields }) =>
      watch.watch(
        path,
        { labelSelector: labels, fieldSelector: fields },
        () => {
          change.resolve(undefined);
        },
        (error: unknown) => {
          const status = (error as { statusCode?: number } | null)?.statusCode;
          if (status === 401 || status === 403) refused = faultOfWatch(path, status, advice);
        },
      ),
    ),
  );
  const close = () => {
    for (const each of begun) if (each.status === "fulfilled") each.value.abort();
  };
  // It throws before the call alone, when it logs in; what fails later is told to the callback.
  const failed = begun.find((each) => each.status === "rejected");
  if (failed) refused = withoutCredential("watch the cluster", failed.reason, advice);
  if (refused !== undefined) {
    close();
    throw refused;
  }
  return {
    async next(milliseconds) {
      const timeUp = Promise.withResolvers<undefined>();
      const timer = setTimeout(timeUp.resolve, milliseconds, undefined);
      await Promise.race([change.promise, timeUp.promise]);
      clearTimeout(timer);
      change = Promise.withResolvers<undefined>();
    },
    close,
  };
}

export function faultOfWatch(path: string, status: 401 | 403, { notAuthenticated }: Advice): ProductError {
  return status === 401
    ? new ProductError(
        "cluster-not-authenticated",
        "watch the cluster: the API server does not accept the product's credential (see the log)",
        { cause: `watch ${path}: 401 (${notAuthenticated})` },
      )
    : new ProductError("cluster-not-allowed", "watch the cluster: the product's role does not allow it (see the log)", {
        cause: `watch ${path}: not allowed`,
      });
}
