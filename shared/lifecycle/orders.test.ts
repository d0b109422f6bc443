import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rules } from "../desktop/decision.ts";
import { desktopStates } from "../desktop/state.ts";
import type { EstateDesktop, ListedDesktop, WholeEstate } from "./listed-desktop.ts";
import { comparePlaces, inOrder, type Order, orders } from "./orders.ts";
import { compareRanks, concerns, rankOf } from "./worst-first.ts";

const at = (minutes: number) => new Date(Date.parse("2026-11-24T10:00:00.000Z") + minutes * 60_000).toISOString();

type Known = Partial<ListedDesktop>;

function estateWith(desktops: readonly ListedDesktop[]): WholeEstate {
  return {
    at: at(0),
    desktops: desktops
      .map((shown): EstateDesktop => ({ shown, rank: rankOf(shown), runs: true, connected: null }))
      .sort((one, other) => compareRanks(one.rank, other.rank)),
    isolation: [],
    unanswered: [],
  };
}

const least = { reason: "", action: "keep", rule: "idle", wanted: null } as const;
const named = (id: string, known: Known): ListedDesktop => {
  return { ...least, state: "ready", username: `person-${id}`, workspace: "asthma", ...known, id };
};
const idsIn = (order: Order, desktops: readonly ListedDesktop[]) =>
  inOrder(estateWith(desktops), order).map(({ desktop }) => desktop.shown.id);

describe("an order of all desktops", () => {
  const times = ["since", "endsAt", "lastSeen"] as const;

  it.each(times)(
    "by %s has the earliest first, the other way round the latest, and what is not known last",
    (field) => {
      const all = [named("a", { [field]: at(5) }), named("b", {}), named("c", { [field]: at(-5) })];
      expect(idsIn(field, all)).toEqual(["c", "a", "b"]);
      expect(idsIn(`-${field}`, all)).toEqual(["a", "c", "b"]);
    },
  );

  it("by their end has what goes with the next run before all other ends", () => {
    const all = [named("a", { endsAt: at(-5) }), named("b", { action: "suspend" }), named("c", {})];
    expect(idsIn("endsAt", all)).toEqual(["b", "a", "c"]);
    expect(idsIn("-endsAt", all)).toEqual(["a", "b", "c"]);
  });

  it("by state goes by how far a desktop is in its life", () => {
    const all = desktopStates.map((state) => named(state, { state, username: "alice" }));
    const known = desktopStates.filter((state) => state !== "unknown");
    expect(idsIn("state", all.toReversed())).toEqual([...known, "unknown"]);
    expect(idsIn("-state", all)).toEqual([...known.toReversed(), "unknown"]);
  });

  it("breaks ties by person, then by workspace, in both directions alike", () => {
    const since = at(0);
    const all = [
      named("1", { since, username: "bob", workspace: "asthma" }),
      named("2", { since, username: "alice", workspace: "registry" }),
      named("3", { since, username: "alice", workspace: "asthma" }),
    ];
    expect(idsIn("since", all)).toEqual(["3", "2", "1"]);
    expect(idsIn("-since", all)).toEqual(["3", "2", "1"]);
    expect(idsIn("-username", all)).toEqual(["1", "3", "2"]);
    expect(idsIn("workspace", all)).toEqual(["3", "1", "2"]);
  });

  it("begins with the worst as the estate does", () => {
    const estate = estateWith([named("a", {}), named("b", { concern: "failed" })]);
    expect(inOrder(estate, "worst").map(({ desktop }) => desktop)).toEqual(estate.desktops);
  });

  it("is made once of an estate, whoever asks, and anew of the next one", () => {
    const all = [named("a", {}), named("b", {})];
    const estate = estateWith(all);
    for (const order of orders) {
      expect(inOrder(estate, order)).toBe(inOrder(estate, order));
      expect(inOrder(estateWith(all), order)).not.toBe(inOrder(estate, order));
    }
    expect(new Set(orders.map((order) => inOrder(estate, order))).size).toBe(orders.length);
  });

  const minute = fc.option(fc.integer({ min: -3, max: 3 }).map(at), { nil: undefined });
  const desktop = fc.record({
    id: fc.string({ minLength: 1, maxLength: 3 }),
    username: fc.constantFrom("alice", "bob", "b", "_"),
    workspace: fc.constantFrom("asthma", "asthma-cohort", "registry"),
    state: fc.constantFrom(...desktopStates),
    concern: fc.option(fc.constantFrom(...concerns), { nil: undefined }),
    action: fc.constantFrom("keep", "suspend", "retire"),
    rule: fc.constantFrom(...rules),
    reason: fc.constant(""),
    wanted: fc.constant(null),
    ...{ since: minute, endsAt: minute, lastSeen: minute },
  }) as fc.Arbitrary<ListedDesktop>;
  const someDesktops = fc.uniqueArray(desktop, { selector: ({ id }) => id, maxLength: 25 });
  const order = fc.constantFrom(...orders);

  it("is total: no two desktops have the same place, and it does not matter how they were found", () => {
    fc.assert(
      fc.property(someDesktops, order, (all, by) => {
        const placed = inOrder(estateWith(all), by);
        for (const [index, { place }] of placed.entries())
          for (const [later, { place: another }] of placed.entries())
            expect(Math.sign(comparePlaces(by, place, another))).toBe(Math.sign(index - later));
        expect(idsIn(by, all.toReversed())).toEqual(idsIn(by, all));
      }),
    );
  });

  /** As the API pages: what stands behind the last place. */
  const pages = (estates: readonly (readonly ListedDesktop[])[], by: Order, size: number) => {
    const shown: string[] = [];
    let after: ReturnType<typeof inOrder>[number]["place"] | undefined;
    for (const all of estates) {
      const place = after;
      const left = inOrder(estateWith(all), by).filter((each) => !place || comparePlaces(by, each.place, place) > 0);
      const page = left.slice(0, size);
      shown.push(...page.map(({ desktop: { shown: each } }) => each.id));
      after = page.at(-1)?.place ?? after;
    }
    return shown;
  };

  it("shows each desktop that stays as it is once, in pages of any size, whatever comes and goes between two pages", () => {
    const size = fc.integer({ min: 1, max: 7 });
    fc.assert(
      fc.property(someDesktops, fc.array(someDesktops, { maxLength: 8 }), order, size, (stays, others, by, of) => {
        const staying = new Set(stays.map(({ id }) => id));
        const estates = others.map((more) => [...stays, ...more.filter(({ id }) => !staying.has(id))]);
        const last = Array.from({ length: stays.length + 1 }, () => stays);
        const shown = pages([...estates, ...last], by, of).filter((id) => staying.has(id));
        expect(shown).toEqual(idsIn(by, stays));
      }),
    );
  });
});
