/**
 * Lets callers share a long read. A caller that arrives while one is under way shares the next one, which begins when
 * that one has ended, so that nobody gets what was read before they asked, and a crowd costs two reads instead of one
 * each. What is read must not be changed by those who get it.
 */
export function sharedRead<T>(read: () => Promise<T>): () => Promise<T> {
  let current: Promise<T> | undefined;
  let next: Promise<T> | undefined;

  const begin = (): Promise<T> => {
    const begun = read().finally(() => {
      current = undefined;
    });
    current = begun;
    return begun;
  };
  const beginNext = (): Promise<T> => {
    next = undefined;
    return begin();
  };
  return () => {
    if (current === undefined) return begin();
    return (next ??= current.then(beginNext, beginNext));
  };
}
