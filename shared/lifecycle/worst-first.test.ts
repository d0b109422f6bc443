import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rules } from "../desktop/decision.ts";
import {
  compareRanks,
  concernOf,
  concerns,
  type Condition,
  countDesktops,
  isWithin,
  type Ranked,
  rankOf,
} from "./worst-first.ts";

const now = new Date("2026-11-24T10:00:00.000Z");
const at = (minutes: number) => new Date(now.getTime() + minutes * 60_000).toISOString();

/** Nothing is wrong with it. */
const well: Condition = { state: "ready", rule: "start-grace", isDamaged: false, isInTrouble: false };

describe("a concern", () => {
  it.each<[string, Partial<Condition>, string | undefined]>([
    ["is none if nothing is wrong", {}, undefined],
    ["is that it failed, whatever else is wrong", { state: "failed", isDamaged: true, isInTrouble: true }, "failed"],
    ["is the damaged record, whatever is not known of it", { isDamaged: true, rule: "unknown" }, "damaged"],
    ["is that its state is not known", { state: "unknown" }, "unknown"],
    ["is that it is kept in doubt", { rule: "unknown", isInTrouble: true }, "unknown"],
    ["is that it cannot be taken down", { state: "suspending", isInTrouble: true }, "in-trouble"],
    ["is that it has been starting for long", { state: "starting", since: at(-3) }, "slow-start"],
    ["is that its start is given up", { state: "starting", rule: "stuck-starting" }, "slow-start"],
    ["is none while it has just begun to start", { state: "starting", since: at(-1) }, undefined],
    ["is none if nobody knows since when it starts", { state: "starting" }, undefined],
    ["is none however long it is ready", { since: at(-600) }, undefined],
  ])("%s", (_words, change, expected) => {
    expect(concernOf({ ...well, ...change }, now)).toBe(expected);
  });
});

const order = (all: readonly Ranked[]) => [...all].sort((one, other) => compareRanks(rankOf(one), rankOf(other)));

describe("the worst first", () => {
  it("has what failed, what is not known, what is in trouble, what ends soonest, and then the rest", () => {
    const keep = { action: "keep" } as const;
    const expected: Ranked[] = [
      { id: "8", ...keep, concern: "failed", since: at(-60), endsAt: at(30) },
      { id: "3", ...keep, concern: "failed", since: at(-5) },
      { id: "1", ...keep, concern: "failed" },
      { id: "7", ...keep, concern: "damaged" },
      { id: "6", ...keep, concern: "unknown" },
      { id: "5", ...keep, concern: "in-trouble" },
      { id: "4", ...keep, concern: "slow-start" },
      { id: "9", action: "suspend" },
      { id: "2", ...keep, endsAt: at(5) },
      { id: "a", ...keep, endsAt: at(5) },
      { id: "0", ...keep, endsAt: at(60) },
      { id: "b", ...keep },
      { id: "c", ...keep },
    ];
    expect(order(expected.toReversed())).toEqual(expected);
  });

  const minute = fc.option(fc.integer({ min: -50, max: 50 }).map(at), { nil: undefined });
  const ranked = fc.record({
    id: fc.string({ minLength: 1, maxLength: 3 }),
    concern: fc.option(fc.constantFrom(...concerns), { nil: undefined }),
    since: minute,
    action: fc.constantFrom("keep", "suspend", "retire"),
    endsAt: minute,
  }) as fc.Arbitrary<Ranked>;
  const estate = fc.uniqueArray(ranked, { selector: ({ id }) => id, maxLength: 40 });

  it("is a total order: no two desktops have the same place, and it does not matter how they were found", () => {
    fc.assert(
      fc.property(estate, ranked, ranked, (all, one, other) => {
        const places = order(all).map(rankOf);
        for (const [index, place] of places.entries())
          for (const [later, another] of places.entries())
            expect(Math.sign(compareRanks(place, another))).toBe(Math.sign(index - later));
        expect(compareRanks(rankOf(one), rankOf(other))).toBe(-compareRanks(rankOf(other), rankOf(one)) || 0);
        expect(order(all.toReversed())).toEqual(order(all));
      }),
    );
  });

  /** As the API pages: what stands behind the last place. */
  const pages = (estates: readonly (readonly Ranked[])[], size: number) => {
    const shown: string[] = [];
    let after: ReturnType<typeof rankOf> | undefined;
    for (const all of estates) {
      const place = after;
      const left = order(all).filter((each) => place === undefined || compareRanks(rankOf(each), place) > 0);
      const page = left.slice(0, size);
      shown.push(...page.map(({ id }) => id));
      const last = page.at(-1);
      if (last) after = rankOf(last);
    }
    return shown;
  };

  it("shows each desktop once in pages of any size", () => {
    fc.assert(
      fc.property(estate, fc.integer({ min: 1, max: 7 }), (all, size) => {
        const every = Array.from({ length: all.length + 1 }, () => all);
        expect(pages(every, size)).toEqual(order(all).map(({ id }) => id));
      }),
    );
  });

  it("shows each desktop that stays as it is once, whatever comes and goes between two pages", () => {
    const twoOfThem = fc.tuple(estate, fc.array(estate, { maxLength: 12 }));
    fc.assert(
      fc.property(twoOfThem, fc.integer({ min: 1, max: 7 }), ([stays, others], size) => {
        const staying = new Set(stays.map(({ id }) => id));
        const estates = others.map((more) => [...stays, ...more.filter(({ id }) => !staying.has(id))]);
        const last = Array.from({ length: stays.length + 1 }, () => stays);
        const shown = pages([...estates, ...last], size).filter((id) => staying.has(id));
        expect(shown).toEqual(order(stays).map(({ id }) => id));
      }),
    );
  });
});

describe("the counts", () => {
  const states = ["ready", "idle", "failed"] as const;
  const desktop = fc.record({
    username: fc.constantFrom("alice", "bob"),
    workspace: fc.constantFrom("asthma", "constructor"),
    state: fc.constantFrom(...states),
    rule: fc.constantFrom(...rules),
  });
  const narrowing = fc.record(
    {
      username: fc.constantFrom("alice", "bob"),
      workspace: fc.constantFrom("asthma", "constructor"),
      state: fc.constantFrom(...states),
      rule: fc.constantFrom(...rules),
    },
    { requiredKeys: [] },
  );

  it("say how long the list is with another choice", () => {
    fc.assert(
      fc.property(fc.array(desktop), narrowing, (all, wanted) => {
        const counts = countDesktops(all, wanted);
        for (const state of states)
          expect(counts.states[state] ?? 0).toBe(all.filter((each) => isWithin({ ...wanted, state }, each)).length);
        for (const rule of rules)
          expect(counts.rules[rule] ?? 0).toBe(all.filter((each) => isWithin({ ...wanted, rule }, each)).length);
        const { constructor: ofThatName = 0 } = { ...counts.workspaces } as { constructor?: number };
        const inIt = all.filter((each) => isWithin({ ...wanted, workspace: "constructor" }, each)).length;
        expect(Object.hasOwn(counts.workspaces, "constructor") ? ofThatName : 0).toBe(inIt);
      }),
    );
  });
});
