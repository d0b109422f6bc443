import { setTimeout as pause } from "node:timers/promises";
import type { Operation } from "../../shared/person/operation.ts";
import type { PersonRecord } from "../../shared/person/record.ts";

/** An operation as it was seen in its person's record. */
export interface Seen {
  record: PersonRecord;
  operation: Operation;
}

/** How callers wait for operations in this process, so that many who wait cost no more than one. */
export interface Waits<Look = Seen> {
  /** Takes one of the person's places; false if all are taken. */
  enter(person: string): boolean;
  leave(person: string): void;
  /** Looks at an operation after a short time. Everybody who waits for it shares the look. */
  nextLook(operation: string, look: () => Promise<Look>): Promise<Look>;
}

/** More than a login, a portal and a few open pages wait for. Each one who waits keeps a request of the host open. */
export const mostWaits = 10;

const lookMilliseconds = 250;

export function waitsOf<Look = Seen>(after: (milliseconds: number) => Promise<unknown> = pause): Waits<Look> {
  const waiting = new Map<string, number>();
  const looks = new Map<string, Promise<Look>>();
  const begin = async (operation: string, look: () => Promise<Look>): Promise<Look> => {
    try {
      await after(lookMilliseconds);
      return await look();
    } finally {
      looks.delete(operation);
    }
  };
  return {
    enter(person) {
      const others = waiting.get(person) ?? 0;
      if (others >= mostWaits) return false;
      waiting.set(person, others + 1);
      return true;
    },
    leave(person) {
      const others = (waiting.get(person) ?? 1) - 1;
      if (others > 0) waiting.set(person, others);
      else waiting.delete(person);
    },
    nextLook(operation, look) {
      const shared = looks.get(operation) ?? begin(operation, look);
      looks.set(operation, shared);
      return shared;
    },
  };
}
