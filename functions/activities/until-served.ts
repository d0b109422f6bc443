import { setTimeout } from "node:timers/promises";
import { ProductError } from "../../shared/errors.ts";

/**
 * In all, in one call of an activity; its retries go on waiting. Longer than an API server ever asks for: 32 seconds
 * (kubernetes, apiserver/pkg/util/flowcontrol/dropped_requests_tracker.go, maxRetryAfter).
 */
const longestWaitSeconds = 40;

/**
 * Makes a call again as long as a server is too busy to serve it, each time as late as it asks for. What was done before may
 * be done again.
 */
export async function untilServed<T>(
  call: () => Promise<T>,
  pause: (seconds: number) => Promise<unknown> = (seconds) => setTimeout(seconds * 1_000),
): Promise<T> {
  for (let waited = 0; ;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof ProductError) || error.code !== "cluster-overloaded") throw error;
      const seconds = Math.max(error.retryAfterSeconds ?? 1, 1);
      waited += seconds;
      if (waited > longestWaitSeconds) throw error;
      await pause(seconds);
    }
  }
}
