import { describe, expect, it } from "vitest";
import { samplePlan } from "../../test/sample-plan.ts";
import { refuse } from "../errors.ts";
import { decideAdoption, type LeftDesktop } from "./adoption.ts";

const up = { replicas: 1, ready: 1, ports: [{ name: "vnc", port: 5900 }], ownPassword: true };
const nothing = { connection: false, group: false, self: false };
const all = { connection: true, group: true, self: true };

/** A desktop as the operator left it, running and open; tests change one thing. */
function left(workspace: string, { deployment = up, permissions = all, entitled = true } = {}): LeftDesktop {
  const plan = samplePlan({ workspace });
  return {
    workspace,
    username: plan.username,
    names: plan.names,
    cluster: { secret: false, networkPolicy: false, service: true, deployment },
    rows: { group: true, balancing: false, connectionId: 7, user: true, validUntil: plan.until, permissions },
    plan: entitled ? plan : refuse("binding-expired", "the binding ended"),
  };
}
const stopped = { ...up, replicas: 0, ready: 0 };
const wants = (...desktops: LeftDesktop[]) => {
  const decided = decideAdoption("alice", desktops);
  return "username" in decided ? decided.wants : "left alone";
};

describe("of a person's desktops", () => {
  it("the one that runs goes on", () => {
    expect(wants(left("a", { deployment: stopped }), left("b"))).toBe("b");
  });
  it("none goes on where none runs", () => {
    expect(wants(left("a", { deployment: stopped }))).toBeNull();
  });
  it("of several that run the one that can be opened goes on, else the first by name", () => {
    expect(wants(left("b"), left("a", { permissions: nothing }))).toBe("b");
    expect(wants(left("b"), left("a"))).toBe("a");
  });
  it("one that nobody entitles to never goes on", () => {
    expect(wants(left("a", { entitled: false }), left("b"))).toBe("b");
  });
  it("all are left alone while one runs that cannot go on, and none could take its place", () => {
    expect(decideAdoption("alice", [left("a", { entitled: false }), left("b", { deployment: stopped })])).toEqual([
      { deployment: left("a").names.deployment, reason: "runs, and cannot go on: the binding ended" },
    ]);
    expect(wants(left("a", { entitled: false, deployment: stopped }))).toBeNull();
  });
});

describe("what a dry run says", () => {
  const changes = (desktop: LeftDesktop, ...others: LeftDesktop[]) => {
    const decided = decideAdoption("alice", [desktop, ...others]);
    return "username" in decided ? decided.desktops[0]?.changes : [];
  };
  it.each([
    ["a pod that is not ready", { deployment: { ...up, ready: 0 } }, /started anew/],
    ["a pod on another port", { deployment: { ...up, ports: [{ name: "vnc", port: 5901 }] } }, /started anew/],
    ["a pod that is ready", {}, /goes on with the password that it has/],
    ["no permission", { permissions: nothing }, /the person may open it/],
  ])("%s", (_, change, expected) => {
    expect(changes(left("a", change))?.some((text) => expected.test(text))).toBe(true);
  });
  it("nothing of a permission that is there already", () => {
    expect(changes(left("a"))).not.toContain("the person may open it");
  });
  it("of one that runs beside another", () => {
    expect(changes(left("b"), left("a"))).toEqual([
      "access is withdrawn until the next start",
      "it is scaled to zero, since another one of this person goes on",
      "the next start replaces its specification and its password in place",
    ]);
  });
});
