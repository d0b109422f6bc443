import type { Signal } from "@preact/signals";
import { type Api, ApiError, type Reply, Unreachable } from "../api/client.ts";
import type { ShapeOf } from "../api/shape.ts";

export interface Around {
  api: Api;
  /** Says for people what went wrong, and ends the page if the session has ended. Throws what nobody expects. */
  tell: (error: unknown) => string;
  pause: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

const longestRetryMilliseconds = 30_000;

/**
 * Asks until there is an answer that is not a passing failure.
 *
 * @param trouble gets why there is none yet; null once there is one
 * @param life ends when nobody waits any more: then the answer is null
 */
export async function askUntilAnswered<Body>(
  { api, tell, pause }: Around,
  { path, shape }: { path: string; shape: ShapeOf<Body> },
  trouble: Signal<string | null>,
  life: AbortSignal,
): Promise<Reply<Body> | null> {
  for (let failures = 0; !life.aborted; failures += 1) {
    try {
      const reply = await api.call("GET", path, shape, { signal: life });
      trouble.value = null;
      return reply;
    } catch (error) {
      if (isOver(life)) break;
      if (!isPassing(error)) throw error;
      trouble.value = tell(error);
      const told = error instanceof ApiError ? error.retryAfterSeconds : null;
      await pause(told === null ? Math.min(1_000 * 2 ** failures, longestRetryMilliseconds) : told * 1_000, life);
    }
  }
  return null;
}

/** Also ends with the signal. */
export function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** As a function: it changes while something is awaited, of which the compiler knows nothing. */
function isOver(life: AbortSignal): boolean {
  return life.aborted;
}

function isPassing(error: unknown): boolean {
  return error instanceof Unreachable || (error instanceof ApiError && (error.status >= 500 || error.status === 429));
}
