/** Tells callers in this process that there may be something new about a person. */
export interface News {
  tell(person: string): void;
  /** Listens from now on. Close it when done. */
  listen(person: string): Listener;
}

export interface Listener {
  /**
   * Resolves at the next news, or when the time is up; at once if there was news since the last call: what came while the
   * caller was looking may not be in what they saw.
   */
  next(milliseconds: number): Promise<"news" | "time">;
  close(): void;
}

export function newsOf(): News {
  const listeners = new Map<string, Set<() => void>>();
  return {
    tell(person) {
      for (const hear of listeners.get(person) ?? []) hear();
    },
    listen(person) {
      let heard = Promise.withResolvers<"news">();
      const hear = () => {
        heard.resolve("news");
      };
      const others = listeners.get(person) ?? new Set();
      listeners.set(person, others.add(hear));
      return {
        async next(milliseconds) {
          const timeUp = Promise.withResolvers<"time">();
          const timer = setTimeout(timeUp.resolve, Math.max(milliseconds, 0), "time");
          const end = await Promise.race([heard.promise, timeUp.promise]);
          clearTimeout(timer);
          heard = Promise.withResolvers();
          return end;
        },
        close() {
          others.delete(hear);
          if (others.size === 0 && listeners.get(person) === others) listeners.delete(person);
        },
      };
    },
  };
}
