import { ProductError } from "../../shared/errors.ts";

/** Limits how often something may be asked for about one person or desktop. In memory: each process counts for itself. */
export interface ChangeLimit {
  /** Counts a call; throws `too-many-requests` if it is one too many. */
  count(whose: string): void;
}

interface Allowance {
  left: number;
  at: number;
}

/** From here on, allowances that are full again are forgotten: they say nothing. */
const manyAllowances = 10_000;

/**
 * Everybody has an allowance of `perMinute` calls, which fills up again over a minute.
 *
 * @param now a monotonic clock in milliseconds
 */
export function changeLimit(perMinute: number, now: () => number = () => performance.now()): ChangeLimit {
  const allowances = new Map<string, Allowance>();
  const millisecondsEach = 60_000 / perMinute;

  const current = (whose: string, at: number): number => {
    const known = allowances.get(whose);
    return known ? Math.min(perMinute, known.left + (at - known.at) / millisecondsEach) : perMinute;
  };
  return {
    count(whose) {
      const at = now();
      const left = current(whose, at);
      if (left < 1)
        throw new ProductError(
          "too-many-requests",
          `ask for changes: there were more than ${perMinute} in a minute for this person or desktop (ask again later)`,
          { retryAfterSeconds: Math.ceil(((1 - left) * millisecondsEach) / 1_000) },
        );
      if (allowances.size >= manyAllowances && !allowances.has(whose))
        for (const each of allowances.keys()) if (current(each, at) >= perMinute) allowances.delete(each);
      allowances.set(whose, { left: left - 1, at });
    },
  };
}
