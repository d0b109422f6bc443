/** Lets a bounded number of calls run at once; the others wait for their turn, first come, first served. */
export interface Turns {
  take<T>(call: () => Promise<T>): Promise<T>;
}

/**
 * @param atOnce how many calls run at once
 * @param longestMilliseconds how long a call waits for its turn
 * @param tooLong what one that waits longer is told
 */
export function turnsOf(atOnce: number, longestMilliseconds: number, tooLong: () => Error): Turns {
  let running = 0;
  // A Set keeps its order, and loses one in the middle at once.
  const waiting = new Set<() => void>();

  function turn(): Promise<void> {
    if (running < atOnce) {
      running += 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const begin = () => {
        clearTimeout(timer);
        waiting.delete(begin);
        resolve(); // the one that ended hands on its place
      };
      const timer = setTimeout(() => {
        waiting.delete(begin);
        reject(tooLong());
      }, longestMilliseconds);
      waiting.add(begin);
    });
  }

  return {
    async take(call) {
      await turn();
      try {
        return await call();
      } finally {
        const [next] = waiting;
        if (next) next();
        else running -= 1;
      }
    },
  };
}
