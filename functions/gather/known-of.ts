import { setTimeout as pause } from "node:timers/promises";
import type { Finding, Known } from "../../shared/lifecycle/doctor/check.ts";
import { findingOf } from "../../shared/lifecycle/doctor/finding-of.ts";

/** Each read has limits of its own, which add up where one waits for its turn or is tried twice. */
const usualMilliseconds = 20_000;

/** What was read, or why it could not be; after this time, that it took too long. */
export async function knownOf<T>(read: () => Promise<T>, withinMilliseconds = usualMilliseconds): Promise<Known<T>> {
  try {
    return { known: await inTime(read, withinMilliseconds) };
  } catch (error) {
    return { unknown: findingOf(error) };
  }
}

/** Returns what was read; throws what the read throws, or after this time that it took too long. */
export async function inTime<T>(read: () => Promise<T>, withinMilliseconds = usualMilliseconds): Promise<T> {
  const end = new AbortController();
  const late = pause(withinMilliseconds, undefined, { signal: end.signal, ref: false }).then(() => {
    throw new Error(`no answer within ${withinMilliseconds / 1_000} s (look again)`);
  });
  try {
    return await Promise.race([read(), late]);
  } finally {
    late.catch(() => undefined);
    end.abort();
  }
}

/** What is not known because of another fault. */
export function unseen(what: string, see: string): { unknown: Finding } {
  return { unknown: { what, advice: `see ${see}` } };
}
