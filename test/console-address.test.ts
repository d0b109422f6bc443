import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { listQuery } from "../functions/http/list-desktops.ts";
import { faultsOf, filters } from "../portal/console/filters.ts";
import { orders } from "../portal/console/orders.ts";
import { rules } from "../shared/desktop/decision.ts";
import { desktopStates } from "../shared/desktop/state.ts";
import { orders as ordersOfTheApi } from "../shared/lifecycle/orders.ts";

/** The console has no code of the API: this holds them together. */
describe("what the console's address may ask of the list", () => {
  const anything = fc.oneof(
    fc.string({ minLength: 1, maxLength: 140 }),
    fc.stringMatching(/^[a-zA-Z0-9._@+' -]{1,140}$/),
    fc.constantFrom(...rules, ...desktopStates, ...ordersOfTheApi, "a.b", "a..b", "-a", "a-", "constructor", "é"),
  );

  it.each([...filters, "sort"] as const)("is what the API takes as %s, and nothing else", (name) => {
    fc.assert(
      fc.property(anything, (value) => {
        const isTaken = z.safeParse(listQuery, { [name]: value }).success && !(name === "sort" && value === "id");
        expect(faultsOf({ [name]: value })).toHaveLength(isTaken ? 0 : 1);
      }),
      // As long as names may be, and one letter more.
      { examples: [["a".repeat(128)], ["a".repeat(129)]] },
    );
  });

  it("is said where only some values are possible, all of them and in their order", () => {
    const mayBe = Object.fromEntries(
      faultsOf({ state: "x", rule: "x", sort: "x" }).map((fault) => [fault.name, fault.mayBe]),
    );
    expect(mayBe).toEqual({ state: desktopStates, rule: rules, sort: ordersOfTheApi });
    expect(orders).toEqual(ordersOfTheApi);
  });

  it("has no fault if it asks for nothing", () => {
    expect(faultsOf({ view: "desktops", state: "", sort: "" })).toEqual([]);
  });
});
