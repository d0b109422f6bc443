/**
 * Lets people's requests for desktops go before other work of this process, which steps back for a moment while many
 * arrive at once: whoever asks is answered within a second, and the desktops are ready no later.
 */
export interface Rush {
  /** Takes in a request. */
  take<T>(request: () => Promise<T>): Promise<T>;
  /** Resolves as soon as few requests are being taken in, or after a second. */
  over(): Promise<void>;
}

/** So many are taken in beside other work. */
const few = 8;
const longestMilliseconds = 1_000;

export function rushOf(): Rush {
  let taken = 0;
  let end = Promise.withResolvers<undefined>();
  return {
    async take(request) {
      taken += 1;
      try {
        return await request();
      } finally {
        taken -= 1;
        if (taken === few) {
          end.resolve(undefined);
          end = Promise.withResolvers();
        }
      }
    },
    async over() {
      if (taken <= few) return;
      const late = Promise.withResolvers<undefined>();
      const timer = setTimeout(late.resolve, longestMilliseconds, undefined);
      await Promise.race([end.promise, late.promise]);
      clearTimeout(timer);
    },
  };
}
