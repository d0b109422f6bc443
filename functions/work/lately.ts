/** Names that this process noted in the last seconds. */
export interface Lately {
  note(name: string): void;
  has(name: string): boolean;
  forget(name: string): void;
}

/** @param now a monotonic clock in milliseconds */
export function lately(milliseconds: number, now: () => number = () => performance.now()): Lately {
  // The oldest comes first.
  const noted = new Map<string, number>();
  return {
    note(name) {
      const at = now();
      for (const [old, since] of noted) {
        if (at - since < milliseconds) break;
        noted.delete(old);
      }
      noted.delete(name);
      noted.set(name, at);
    },
    has: (name) => now() - (noted.get(name) ?? -Infinity) < milliseconds,
    forget(name) {
      noted.delete(name);
    },
  };
}
