import { describe, expect, it } from "vitest";
import { bindsPerson, type Claims, type ClaimRule } from "../desktop/entitlement.ts";
import { claimsNow, keptClaims, narrowClaims } from "./claims.ts";

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

describe("groups and roles in one claim", () => {
  const now = { enabled: true, groups: ["/b", "b"], roles: ["reader"], sessions: [], elsewhere: false };
  const names = { groups: "groups", roles: "groups" };
  const claims = { groups: ["/a", "/b", "reader", "editor"] };

  it("lose neither what is a group still nor what is a role still", () => {
    expect(narrowClaims(claims, { now, ...names })).toEqual({ groups: ["/b", "reader"] });
    expect(claimsNow({ claims }, now, names)).toEqual({ claims: { groups: ["/b", "reader"] }, reduced: false });
  });

  it("lose nothing while roles may be hidden: any value may be one", () => {
    const hidden = { ...now, roles: undefined };
    expect(narrowClaims(claims, { now: hidden, ...names })).toEqual(claims);
    expect(claimsNow({ claims, claimsReduced: true }, hidden, names)).toEqual({ claims, reduced: true });
  });

  it("are both known again where not all were kept", () => {
    expect(claimsNow({ claims: { groups: ["/a"] }, claimsReduced: true }, now, names)).toEqual({
      claims: { groups: ["/b", "b", "reader"] },
      reduced: false,
    });
  });
});

describe("the claims that are kept", () => {
  const rule = (operator: ClaimRule["operator"], value: string, name = "groups"): ClaimRule => ({
    name,
    operator,
    value,
  });
  const many = Array.from({ length: 2000 }, (_, number) => `/a/group/with/a/path/number/${number}`);
  const decides = (claims: Claims, own: ClaimRule) =>
    bindsPerson({ name: "b", workspace: "w", expires: "2099-12-31", claims: [own] }, { username: "alice", claims });

  it("are those that a rule names, with all values that a rule can look at", () => {
    const said = { groups: ["/a", "/b", { deep: 1 }], email: "a@example.org", level: 3 };
    expect(keptClaims(said, [rule("EQUALS", "/a"), rule("EQUALS", "3", "level")])).toEqual({
      claims: { groups: ["/a", "/b"], level: [3] },
      reduced: false,
    });
  });

  it.each([
    rule("EQUALS", many[7] ?? ""),
    rule("EQUALS", "/elsewhere"),
    rule("NOT EQUALS", many[7] ?? ""),
    rule("NOT EQUALS", "/elsewhere"),
    rule("IN", `/elsewhere, ${many[1999] ?? ""}`),
    rule("IN", "/elsewhere, /there"),
    rule("NOT IN", `/elsewhere, ${many[0] ?? ""}`),
    rule("NOT IN", "/elsewhere, /there"),
  ])("of 2,000 groups are few, and decide $operator as all of them do", (own) => {
    for (const rules of [[own], [own, rule("IN", `${many[3] ?? ""},/x`), rule("EQUALS", "/y", "roles")]]) {
      const kept = keptClaims({ groups: many, roles: "/y", email: "x" }, rules);
      expect(kept.reduced).toBe(true);
      expect(JSON.stringify(kept.claims).length).toBeLessThan(300);
      for (const each of rules) expect(decides(kept.claims, each)).toBe(decides({ groups: many, roles: "/y" }, each));
    }
  });

  it("of 2,000 groups are all if rules look for all, which is still small for a ConfigMap", () => {
    const { claims, reduced } = keptClaims({ groups: many }, [rule("IN", many.join(","))]);
    expect([claims, reduced]).toEqual([{ groups: many }, true]);
  });

  it("say nothing of a claim that the person does not have", () => {
    expect(keptClaims({}, [rule("NOT IN", "/a")])).toEqual({ claims: {}, reduced: false });
  });
});
