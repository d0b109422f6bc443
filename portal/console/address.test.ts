import { describe, expect, it } from "vitest";
import { parseAddress, queryOf } from "./address.ts";

describe("the console's address", () => {
  it("holds the view and its filters, and leaves out what says nothing", () => {
    expect(queryOf({ view: "desktops", state: "failed", workspace: "", after: "" })).toBe("?state=failed");
    expect(queryOf({ view: "desktops" })).toBe("");
    expect(queryOf({ view: "desktop", id: "a&b" })).toBe("?view=desktop&id=a%26b");
  });

  it("comes back as it was", () => {
    const fields = { view: "desktop", id: "<b>&=", state: "in-use" } as const;
    expect(parseAddress(queryOf(fields))).toEqual(fields);
  });

  it.each([
    "?view=nothing",
    "?view=",
    "",
    "?view=__proto__",
    "?view=desktop",
    "?view=desktop&id=",
    "?view=desktop&id=..",
  ])("is the list for %j", (search) => {
    expect(parseAddress(search).view).toBe("desktops");
  });
});
