/** Counts invocations that the durable engine knows nothing of: HTTP and timer triggers. */
interface Tracker {
  track: <T>(work: Promise<T>) => Promise<T>;
  /** Waits for what is under way now; false if nothing was. */
  waitForSome(): Promise<boolean>;
  whenNone(): Promise<void>;
}

export function createTracker(): Tracker {
  const underWay = new Set<Promise<unknown>>();
  async function waitForSome(): Promise<boolean> {
    if (underWay.size === 0) return false;
    await Promise.allSettled(underWay);
    return true;
  }
  return {
    track(work) {
      const forget = () => {
        underWay.delete(work);
      };
      underWay.add(work);
      work.then(forget, forget);
      return work;
    },
    waitForSome,
    async whenNone() {
      while (await waitForSome());
    },
  };
}
