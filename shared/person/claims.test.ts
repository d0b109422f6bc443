import { describe, expect, it } from "vitest";
import { narrowClaims } from "./claims.ts";

describe("claims", () => {
  const now = { enabled: true, groups: ["/b", "b"], roles: ["reader"], sessions: [] };
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
});
