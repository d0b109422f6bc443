import { describe, expect, it } from "vitest";
import type { Binding, ClaimRule, Person, Workspace } from "./entitlement.ts";
import { decideEntitlement, possibleNames } from "./entitlement.ts";
import { deploymentName } from "./names.ts";

const workspace: Workspace = {
  name: "cohort-a",
  displayName: "Cohort A",
  description: "",
  availableFrom: "2026-01-01",
  expires: "2026-12-31",
};
const binding: Binding = { name: "b1", workspace: "cohort-a", expires: "2026-11-30", username: "alice", claims: [] };
const alice: Person = { username: "alice", claims: {} };
const today = "2026-06-15";

function decide({
  person = alice,
  workspaces = [workspace],
  bindings = [binding],
  wanted = "cohort-a",
  day = today,
}: {
  person?: Person;
  workspaces?: Workspace[];
  bindings?: Binding[];
  wanted?: string;
  day?: string;
} = {}) {
  const answer = decideEntitlement(person, wanted, { workspaces, bindings }, day);
  return "refused" in answer ? answer.refused : { binding: answer.binding.name, until: answer.until };
}

describe("entitlement", () => {
  it("is given by a binding and a workspace that match today, until the earlier of their ends", () => {
    expect(decide()).toEqual({ binding: "b1", until: "2026-11-30" });
    expect(decide({ bindings: [{ ...binding, expires: "2027-01-01" }] })).toEqual({
      binding: "b1",
      until: "2026-12-31",
    });
  });

  it.each([
    ["the binding's last day", "2026-11-30", { binding: "b1", until: "2026-11-30" }],
    ["the day after the binding's last", "2026-12-01", "binding-expired"],
    ["the workspace's first day", "2026-01-01", { binding: "b1", until: "2026-11-30" }],
    ["the day before the workspace's first", "2025-12-31", "workspace-not-yet-available"],
  ])("on %s", (_words, day, expected) => {
    expect(decide({ day })).toEqual(expected);
  });

  it("is given to the same name in another case, as Keycloak compares names", () => {
    expect(decide({ person: { username: "Alice", claims: {} } })).toEqual({ binding: "b1", until: "2026-11-30" });
  });

  it("ends with the workspace, whatever the binding says", () => {
    expect(decide({ bindings: [{ ...binding, expires: "2099-01-01" }], day: "2027-01-01" })).toBe("workspace-expired");
  });

  it.each([
    ["nobody's binding", { bindings: [] }, "unknown-user"],
    ["another person's binding", { person: { username: "alic", claims: {} } }, "unknown-user"],
    ["another workspace", { wanted: "cohort-b" }, "workspace-not-bound"],
    ["a workspace that is gone", { workspaces: [] }, "workspace-missing"],
  ])("is refused for %s", (_words, change, expected) => {
    expect(decide(change)).toBe(expected);
  });

  it("rests on the longest-lasting of several bindings, and on the personal one of two alike", () => {
    const short = { ...binding, name: "short", expires: "2026-07-01" };
    const byClaim: Binding = {
      name: "a-claim",
      workspace: "cohort-a",
      expires: "2026-11-30",
      claims: [{ name: "groups", operator: "EQUALS", value: "g" }],
    };
    const person = { username: "alice", claims: { groups: ["g"] } };
    expect(decide({ person, bindings: [short, byClaim, binding] })).toMatchObject({ binding: "b1" });
    expect(decide({ person, bindings: [short, byClaim] })).toMatchObject({ binding: "a-claim" });
  });
});

describe("the deployment name that the operator recorded", () => {
  const over = { ...binding, name: "a-old", expires: "2026-02-01", deployment: "recorded" };
  const nameIn = (...bindings: Binding[]) => {
    const answer = decideEntitlement(alice, "cohort-a", { workspaces: [workspace], bindings }, today);
    return "refused" in answer ? answer.refused : possibleNames(answer.bindings);
  };
  const recorded = { deployment: "recorded", isOwn: false };

  it("stays when another of the person's bindings to the workspace counts", () => {
    expect(nameIn(binding, over)).toEqual([recorded]);
    expect(nameIn({ ...binding, deployment: "newer" }, over)).toEqual([
      { deployment: "newer", isOwn: false },
      recorded,
    ]);
  });

  it("is never taken from somebody else's binding, or from one to another workspace", () => {
    expect(nameIn(binding, { ...over, username: "zoe" })).toEqual([]);
    expect(nameIn(binding, { ...over, workspace: "cohort-b" })).toEqual([]);
  });

  it("is the desktop's own only if it follows from its key, in the spelling of one of its bindings", () => {
    const key = { workspace: "cohort-a", username: "alice" };
    const isOwn = (deployment: string) => nameIn({ ...binding, deployment, spelled: "Alice" });
    const derived = deploymentName({ ...key, username: "Alice" });
    expect(isOwn(derived)).toEqual([{ deployment: derived, isOwn: true }]);
    for (const [name, own] of [
      [deploymentName(key), true],
      [deploymentName({ ...key, username: "bob" }), false],
      [deploymentName({ ...key, workspace: "cohort-b" }), false],
      ["guacd", false],
    ] as const)
      expect(isOwn(name)).toEqual([
        { deployment: name, isOwn: own },
        { deployment: derived, isOwn: true },
      ]);
  });
});

describe("claims", () => {
  const claims = { groups: ["/a", "/b"], site: "leeds", level: 3 };
  const rule = (name: string, operator: ClaimRule["operator"], value: string): ClaimRule => ({ name, operator, value });

  it.each([
    ["one of a list equals", [rule("groups", "EQUALS", "/a")], true],
    ["none of a list equals", [rule("groups", "EQUALS", "/c")], false],
    ["a single value equals", [rule("site", "EQUALS", "leeds")], true],
    ["a number equals its text", [rule("level", "EQUALS", "3")], true],
    ["differs", [rule("site", "NOT EQUALS", "york")], true],
    ["does not differ", [rule("site", "NOT EQUALS", "leeds")], false],
    ["is in", [rule("site", "IN", "york, leeds")], true],
    ["is not in", [rule("site", "NOT IN", "york,hull")], true],
    ["is in, though it must not", [rule("groups", "NOT IN", "/b,/c")], false],
    ["an absent claim equals nothing", [rule("none", "EQUALS", "x")], false],
    ["an absent claim differs from nothing", [rule("none", "NOT EQUALS", "x")], false],
    ["an absent claim is never outside", [rule("none", "NOT IN", "x")], false],
    ["a claim of every object's own", [rule("constructor", "NOT EQUALS", "x")], false],
    ["all rules hold", [rule("site", "EQUALS", "leeds"), rule("groups", "EQUALS", "/b")], true],
    ["one rule fails", [rule("site", "EQUALS", "leeds"), rule("groups", "EQUALS", "/c")], false],
    ["no rules at all", [], false],
  ])("%s", (_words, rules, expected) => {
    const byClaims: Binding = { name: "c", workspace: "cohort-a", expires: "2026-12-31", claims: rules };
    const answer = decide({ person: { username: "zoe", claims }, bindings: [byClaims] });
    expect(answer !== "unknown-user").toBe(expected);
  });

  it("of a binding that names somebody else let nobody in", () => {
    const mixed: Binding = { ...binding, claims: [rule("site", "EQUALS", "leeds")] };
    expect(decide({ person: { username: "zoe", claims }, bindings: [mixed] })).toBe("unknown-user");
  });
});
