import type { Watch } from "@kubernetes/client-node";
import { ProductError } from "../errors.ts";

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
export async function watchChanges(watch: Watch, paths: readonly WatchedPath[]): Promise<Changes> {
  let change = Promise.withResolvers<undefined>();
  let refused: string | undefined;
  const controllers = await Promise.all(
    paths.map(({ path, labels, fields }) =>
      watch.watch(
        path,
        { labelSelector: labels, fieldSelector: fields },
        () => {
          change.resolve(undefined);
        },
        (error: unknown) => {
          const status = (error as { statusCode?: number } | null)?.statusCode;
          if (status === 401 || status === 403) refused = path;
        },
      ),
    ),
  );
  const close = () => {
    for (const controller of controllers) controller.abort();
  };
  if (refused !== undefined) {
    close();
    throw new ProductError(
      "cluster-unavailable",
      "watch the cluster: the product's role does not allow it (see the log)",
      {
        cause: `watch ${refused}: not allowed`,
      },
    );
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
