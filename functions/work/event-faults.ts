import type { EventFault } from "../../shared/identity/keycloak-event.ts";

/** Events of one type that were not understood for one reason, in this process. */
export interface CountedFaults {
  type: string;
  fault: EventFault;
  count: number;
  lastAt: Date;
}

/** Counts the events that were not understood. What it keeps is bounded, whatever is sent. */
export interface EventFaults {
  /** `isNew`: worth a line in the log. */
  count(type: string, fault: EventFault, at: Date): { isNew: boolean };
  /** What was counted, the most frequent first. */
  all(): readonly CountedFaults[];
}

/** More types than keycloak-events sends, for a few reasons each. */
const typesKept = 100;
const otherTypes = "other types";

export function eventFaultCounts(): EventFaults {
  const counts = new Map<string, CountedFaults>();
  return {
    count(type, fault, at) {
      const isFull = counts.size >= typesKept && !counts.has(keyOf(type, fault));
      const kept = isFull ? otherTypes : type;
      const known = counts.get(keyOf(kept, fault));
      counts.set(keyOf(kept, fault), { type: kept, fault, count: (known?.count ?? 0) + 1, lastAt: at });
      return { isNew: !known };
    },
    all: () => [...counts.values()].sort((one, other) => other.count - one.count),
  };
}

function keyOf(type: string, fault: EventFault): string {
  return `${fault} ${type}`;
}
