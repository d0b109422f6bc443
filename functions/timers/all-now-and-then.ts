/** How often everything is read though nothing seems to have changed. */
const everyMilliseconds = 60 * 60_000;
/** More than a clock that is set right little by little is moved between two runs. */
const toleranceMilliseconds = 60_000;

/** When a timer reads everything. */
export interface AllNowAndThen {
  /**
   * True in the first run of a process, every hour, and once the clock was put back, since times that were noted before are
   * in the future now. Stays true until it is done.
   */
  isDue(): boolean;
  done(): void;
}

/** @param monotonic milliseconds that no clock changes */
export function allNowAndThen(now: () => Date, monotonic: () => number = () => performance.now()): AllNowAndThen {
  let isDue = true;
  let doneAt = 0;
  let lastOffset: number | undefined;
  return {
    isDue() {
      const offset = now().getTime() - monotonic();
      const wasPutBack = lastOffset !== undefined && offset < lastOffset - toleranceMilliseconds;
      lastOffset = offset;
      isDue ||= wasPutBack || monotonic() - doneAt >= everyMilliseconds;
      return isDue;
    },
    done() {
      isDue = false;
      doneAt = monotonic();
    },
  };
}
