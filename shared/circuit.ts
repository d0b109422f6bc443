import type { ProductError } from "./errors.ts";

/** Stops calling a system that does not answer, and finds out by itself when it does again. */
export interface Circuit {
  /** Makes a call, or throws at once what `whileOpen` makes of the last outage. */
  run<T>(call: () => Promise<T>): Promise<T>;
}

/**
 * A circuit opens after some calls in a row that got no answer: calls then fail within milliseconds instead of waiting for
 * their time limit each. One call at a time is let through, a second after the last one failed, and its answer closes the
 * circuit. It may be lost on a connection that leads nowhere: after three seconds without an answer the next one is let
 * through. Not each second, because those that wait hold turns until their time limit.
 *
 * @param isOutage true of an error that says that the system does not answer, and not that it refuses the call
 * @param whileOpen what callers are told, given the last outage; it says when to ask again
 * @param now a monotonic clock in milliseconds
 */
export function circuitOf<Outage>(
  isOutage: (error: unknown) => error is Outage,
  whileOpen: (last: Outage) => ProductError,
  now: () => number = () => performance.now(),
): Circuit {
  let failures = 0;
  let last: Outage | undefined;
  let nextTry = 0;

  return {
    async run(call) {
      if (failures >= opensAfter && last !== undefined) {
        if (now() < nextTry) throw whileOpen(last);
        nextTry = now() + lostMilliseconds;
      }
      try {
        const result = await call();
        failures = 0;
        return result;
      } catch (error) {
        if (isOutage(error)) {
          failures += 1;
          last = error;
          nextTry = now() + openMilliseconds;
        } else failures = 0;
        throw error;
      }
    },
  };
}

/** One broken connection, or one slow call, is no outage. */
const opensAfter = 5;
/** Short, since activities are tried again for 14 s only: a system that is back must be noticed before that is over. */
const openMilliseconds = 1_000;
/** An API server or a database that is well answers most calls within a second. */
const lostMilliseconds = 3_000;
