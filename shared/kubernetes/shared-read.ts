/**
 * Lets callers share a long read. A caller that arrives while one is under way shares the next one, which begins when
 * that one has ended, so that nobody gets what was read before they asked, and a crowd costs two reads instead of one
 * each. What is read must not be changed by those who get it. The arguments are those of the caller who waits longest.
 */
export function sharedRead<T, Args extends unknown[] = []>(
  read: (...args: Args) => Promise<T>,
): (...args: Args) => Promise<T> {
  let current: Promise<T> | undefined;
  let next: Promise<T> | undefined;

  const begin = (args: Args): Promise<T> => {
    const begun = read(...args).finally(() => {
      current = undefined;
    });
    current = begun;
    return begun;
  };
  return (...args) => {
    if (current === undefined) return begin(args);
    const beginNext = (): Promise<T> => {
      next = undefined;
      return begin(args);
    };
    return (next ??= current.then(beginNext, beginNext));
  };
}

/** The same for reads of one of many things: those who ask for the same one share a read. */
export function sharedReadOf<T>(read: (name: string) => Promise<T>): (name: string) => Promise<T> {
  const shared = new Map<string, { read: () => Promise<T>; readers: number }>();
  return async (name) => {
    const own = shared.get(name) ?? { read: sharedRead(() => read(name)), readers: 0 };
    shared.set(name, own);
    own.readers += 1;
    try {
      return await own.read();
    } finally {
      own.readers -= 1;
      if (own.readers === 0) shared.delete(name);
    }
  };
}

/**
 * Keeps what was read for some time, for answers that anybody may ask for: a crowd costs one read. Who arrives while it
 * is under way gets its result too. A failure is not kept.
 *
 * @param keptMilliseconds for how long; a function is told how long the read took
 * @param now a monotonic clock in milliseconds
 */
export function keptRead<T, Args extends unknown[] = []>(
  read: (...args: Args) => Promise<T>,
  keptMilliseconds: number | ((tookMilliseconds: number) => number),
  now: () => number = () => performance.now(),
): (...args: Args) => Promise<T> {
  let running: Promise<T> | undefined;
  let kept: { value: T; until: number } | undefined;

  const begin = async (args: Args): Promise<T> => {
    const begun = now();
    try {
      const value = await read(...args);
      const keeps = typeof keptMilliseconds === "number" ? keptMilliseconds : keptMilliseconds(now() - begun);
      kept = { value, until: now() + keeps };
      return value;
    } finally {
      running = undefined;
    }
  };
  return (...args) => {
    if (kept && now() < kept.until) return Promise.resolve(kept.value);
    return (running ??= begin(args));
  };
}
