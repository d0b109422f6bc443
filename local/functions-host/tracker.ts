/** Counts invocations outside the durable engine: HTTP and timer triggers. */
interface Tracker {
  track: <T>(work: Promise<T>) => Promise<T>;
  /** Waits for the current invocations. Returns false if there were none. */
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
