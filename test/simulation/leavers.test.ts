import { describe, expect, it } from "vitest";
import { isDue } from "../../shared/person/left-to-do.ts";
import { decideDrift } from "../../shared/lifecycle/decide-drift.ts";
import { endLeave } from "../../shared/person/presence.ts";
import type { LeaversAudit } from "./leavers-audit.ts";
import { type Instead, playLeavers } from "./leavers.ts";

/** People who leave in every way, while outside systems are away, hosts die in the middle of it and instances get stuck. */
describe("60 people, ten days", () => {
  it.each([1, 2])(
    "with seed %i nobody is cut off, and what must hold does within two intervals of the last trouble",
    (seed) => {
      const found = playLeavers(seed, 60, 10);
      expect(found).toMatchObject({ cutOff: [], overdue: [] });
      // A leave has 15 minutes of grace after the reconciliation that found it.
      expect(found.latestMinutes).toBeLessThan(15 + 15 + 1);
      const { reached, counts } = found;
      for (const why of ["logged out", "logged out, unheard", "session expired", "session expired while connected"])
        expect(reached[why], why).toBeGreaterThan(20);
      for (const why of ["deleted", "deleted, unheard", "lost the group", "lost the group silently", "retired"])
        expect(reached[why], why).toBeGreaterThan(2);
      expect(counts.died).toBeGreaterThan(20);
      expect(counts.resumed).toBeGreaterThan(20);
      expect(counts.replaced).toBeGreaterThan(5);
      // Starts wait for what is away; only what goes down is tried again later.
      expect(counts.retried).toBeGreaterThan(0);
    },
    120_000,
  );
});

describe("40 people, six days", () => {
  const nothingFound: typeof decideDrift = (gathered, share) => ({ ...decideDrift(gathered, share), drifts: [] });
  it.each<[keyof LeaversAudit, string, Instead]>([
    ["overdue", "reconciliation finds nothing", { decideDrift: nothingFound }],
    ["overdue", "a leave never ends", { endLeave: (record) => record }],
    [
      "overdue",
      "what failed is not tried again",
      { isDue: (record, now) => !record.request.trouble && isDue(record, now) },
    ],
    ["overdue", "stuck work is not replaced", { stuckAfter: Infinity }],
    [
      "cutOff",
      "who is connected is taken for gone",
      { endLeave: (record, left, stamp) => endLeave(record, { ...left, isBack: false }, stamp) },
    ],
  ])("show as %s where %s", (kind, _words, instead) => {
    // Who is connected at the wrong moment is chance.
    const found = [3, 4, 5, 6].map((seed) => JSON.stringify(playLeavers(seed, 40, 6, instead)[kind]));
    expect(found.filter((each) => each !== "[]")).not.toEqual([]);
  });
});
