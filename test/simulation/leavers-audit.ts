import { minute } from "./faults.ts";
import type { Goal, Leaver, Troubles } from "./leavers-truth.ts";
import { iso } from "./truth.ts";

export interface LeaverFinding {
  username: string;
  at: string;
  what: string;
}

export interface LeaversAudit {
  /** Lost the desktop that they were connected to, and should not have. */
  cutOff: LeaverFinding[];
  /** Was still there, or still ran, longer than two intervals after it was due and the last trouble was over. */
  overdue: LeaverFinding[];
  /** How many goals were reached, by their reason. */
  reached: Record<string, number>;
  /** How long the slowest took in which nothing failed. */
  latestMinutes: number;
}

/** After a host has died, work that is stuck is replaced after ten minutes, and begins two minutes later. */
const replacedAfter = 15 * minute;

export interface Times {
  reconcileInterval: number;
  grace: number;
}

/** Looks again and again at what must hold. */
export function auditLeavers(leavers: readonly Leaver[], troubles: Troubles, { reconcileInterval, grace }: Times) {
  const found: LeaversAudit = { cutOff: [], overdue: [], reached: {}, latestMinutes: 0 };
  const told = new Set<Goal>();
  const spells = () => [
    ...troubles.away,
    ...troubles.hostDown.map(({ from, to }) => ({ from, to: to + replacedAfter })),
  ];

  function isOverdue({ since, what }: Goal, now: number): boolean {
    const limit = 2 * reconcileInterval + (what === "not running" ? grace : 0) + 2 * minute;
    if (now <= since + limit) return false;
    const after = spells().filter(({ from, to }) => to > since && from < now);
    let from = since;
    for (const spell of after.sort((one, other) => one.to - other.to))
      if (spell.to > from && spell.from < from + limit) from = spell.to;
    return now > from + limit;
  }

  return {
    found,
    cutOff({ username, goal }: Leaver, at: number, what: string) {
      if (!goal) found.cutOff.push({ username, at: iso(at), what });
    },
    look(now: number) {
      for (const leaver of leavers) {
        const { goal, username } = leaver;
        if (!goal || told.has(goal)) continue;
        if (holds(leaver, goal)) {
          told.add(goal);
          found.reached[goal.why] = (found.reached[goal.why] ?? 0) + 1;
          const disturbed = spells().some(({ from, to }) => from < now && to > goal.since);
          if (!disturbed) found.latestMinutes = Math.max(found.latestMinutes, (now - goal.since) / minute);
        } else if (isOverdue(goal, now)) {
          told.add(goal);
          found.overdue.push({ username, at: iso(now), what: `${goal.why}, since ${iso(goal.since)}` });
        }
      }
    },
  };
}

function holds({ parts, permitted, replicas }: Leaver, { what }: Goal): boolean {
  if (permitted) return false;
  return what === "gone" ? parts.size === 0 : replicas === 0;
}
