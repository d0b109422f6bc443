import type { Operation } from "../../shared/person/operation.ts";
import type { PersonRecord } from "../../shared/person/record.ts";
import type { Place } from "../../shared/lifecycle/admission.ts";
import type { Estimate, Expected } from "../../shared/lifecycle/start-times.ts";

/** What can be said of a start that has not ended. */
export interface Outlook {
  /** While it waits for its turn. */
  queue?: (Exclude<Place, { admitted: true }> & { expected: Expected | undefined }) | undefined;
  /** How long such a start usually takes. */
  usually?: Estimate | undefined;
}

/** An operation as it was seen in its person's record. */
export interface Seen extends Outlook {
  record: PersonRecord;
  operation: Operation;
}

/** How callers wait for operations in this process, so that many who wait cost no more than one. */
export interface Waits<Look = Seen> {
  /** Takes one of the person's places, and one of the process; false if all are taken. */
  enter(person: string): boolean;
  leave(person: string): void;
  /** Looks at an operation. Everybody who asks at once, or while a look is under way, gets the next one, together. */
  look(operation: string, look: () => Promise<Look>): Promise<Look>;
}

/** More than a login, a portal and a few open pages wait for. */
export const mostWaits = 10;

/** Each one who waits keeps a request of the host open: others must still get in (maxConcurrentRequests in host.json). */
export const mostWaitsOfAll = 300;

export function waitsOf<Look = Seen>(): Waits<Look> {
  const waiting = new Map<string, number>();
  let all = 0;
  const running = new Map<string, Promise<unknown>>();
  const next = new Map<string, Promise<Look>>();
  const begin = (operation: string, look: () => Promise<Look>): Promise<Look> => {
    next.delete(operation);
    const begun = look().finally(() => {
      if (running.get(operation) === begun) running.delete(operation);
    });
    running.set(operation, begun);
    return begun;
  };
  return {
    enter(person) {
      const others = waiting.get(person) ?? 0;
      if (others >= mostWaits || all >= mostWaitsOfAll) return false;
      waiting.set(person, others + 1);
      all += 1;
      return true;
    },
    leave(person) {
      all -= 1;
      const others = (waiting.get(person) ?? 1) - 1;
      if (others > 0) waiting.set(person, others);
      else waiting.delete(person);
    },
    look(operation, look) {
      // It begins a moment later even if none is under way: all who were woken by the same news ask by then.
      const beginNext = () => begin(operation, look);
      const shared = next.get(operation) ?? Promise.resolve(running.get(operation)).then(beginNext, beginNext);
      next.set(operation, shared);
      return shared;
    },
  };
}
