import { setTimeout as pause } from "node:timers/promises";

const lookMilliseconds = 100;

/**
 * Polls until something is found, and returns it. The suite knows the host only from outside and is not notified when
 * it has started or a timer has fired, so it must poll.
 *
 * @throws after `withinSeconds`, with what was seen last
 */
export async function until<T>(
  what: string,
  withinSeconds: number,
  look: () => Promise<T | undefined>,
  describeLast: () => string = () => "nothing",
): Promise<T> {
  const end = Date.now() + withinSeconds * 1_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`wait for ${what}: not within ${withinSeconds} s (last: ${describeLast()})`);
    await pause(lookMilliseconds);
  }
}
