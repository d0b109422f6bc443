import { describe, expect, it } from "vitest";
import { narrowClaims } from "./claims.ts";

describe("claims", () => {
  const now = { enabled: true, groups: ["/b", "b"], roles: ["reader"], sessions: [], elsewhere: false };
  const toNow = { now, groups: "groups", roles: "roles" };

  it.each([
    [
      { groups: ["/a", "/b"], x: 1 },
      { x: 1, groups: ["/b"] },
    ],
    [{ groups: "/a" }, {}],
    [{ groups: ["/b"] }, { groups: ["/b"] }],
    [{}, {}],
  ])("%j lose what was taken away: %j", (claims, left) => {
    expect(narrowClaims(claims, { lost: ["/a", "a"], of: "groups" })).toEqual(left);
  });

  it("lose what is below a group that is gone, and keep what only begins alike", () => {
    const claims = { groups: ["/a", "/a/b", "/ab", "/a~/b", "a/b"] };
    const gone = { lost: ["/a", "a"], of: "groups" };
    expect(narrowClaims(claims, { ...gone, below: true })).toEqual({ groups: ["/ab", "/a~/b", "a/b"] });
    expect(narrowClaims(claims, gone)).toEqual({ groups: ["/a/b", "/ab", "/a~/b", "a/b"] });
  });

  it.each([
    [
      { groups: ["/a", "/b"], roles: ["reader", "writer"] },
      { groups: ["/b"], roles: ["reader"] },
    ],
    [{ groups: ["b"] }, { groups: ["b"] }],
    [{ email: "a@b" }, { email: "a@b" }],
  ])("%j keep what the person still has, by path or by name, and gain nothing: %j", (claims, left) => {
    expect(narrowClaims(claims, toNow)).toEqual(left);
  });

  it("keep roles that may only be hidden, and lose groups all the same", () => {
    const claims = { groups: ["/a", "/b"], roles: ["editor"] };
    const by = { ...toNow, now: { ...now, roles: undefined } };
    expect(narrowClaims(claims, by)).toEqual({ groups: ["/b"], roles: ["editor"] });
  });
});
