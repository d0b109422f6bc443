import { describe, expect, it } from "vitest";
import { samplePlan } from "../../test/sample-plan.ts";
import { personId } from "../desktop/names.ts";
import { ProductError, refuse } from "../errors.ts";
import type { PersonRecord } from "../person/record.ts";
import { candidatesOf, decideAdoption, decideAdoptions, type LeftDesktop, whyTwo } from "./adoption.ts";

const up = { replicas: 1, ready: 1, ports: [{ name: "vnc", port: 5900 }], ownPassword: true };
const nothing = { connection: false, group: false, self: false };
const all = { connection: true, group: true, self: true };

/** A desktop as the operator left it, running and open; tests change one thing. */
function left(
  workspace: string,
  { deployment = up, permissions = all, entitled = true, password = true } = {},
): LeftDesktop {
  const plan = samplePlan({ workspace });
  return {
    workspace,
    username: plan.username,
    names: plan.names,
    cluster: { secret: false, networkPolicy: false, service: true, deployment },
    rows: { group: true, balancing: false, connectionId: 7, password, user: true, validUntil: plan.until, permissions },
    lastDay: plan.until,
    mayBeOpened: permissions.connection,
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
      { deployment: left("a").names.deployment, reason: "is running, but cannot be adopted: the binding ended" },
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
    ["a pod that is not ready", { deployment: { ...up, ready: 0 } }, /replaced by a new one: it is not ready$/],
    [
      "a pod on another port",
      { deployment: { ...up, ports: [{ name: "vnc", port: 5901 }] } },
      /replaced by a new one: it listens on vnc 5901, and the policy wants vnc 5900$/,
    ],
    [
      "a pod whose password nobody knows",
      { password: false },
      /replaced by a new one: Guacamole's connection has no password for it$/,
    ],
    ["a pod that is ready", {}, /keeps running with its password/],
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
      "it is scaled to zero, since another desktop of this person keeps running",
      "the next start replaces its specification and its password in place",
    ]);
  });
});

describe("of everything that the operator left", () => {
  const key = (username: string) => ({ workspace: "a", username });
  const record: PersonRecord = {
    request: { id: "1", username: "bob", workspace: null, requestedAt: "2026-11-24T10:00:00.000Z", claims: {} },
    outcomes: {},
  };

  it("only what belongs to somebody without a record may be taken over", () => {
    const deployments = [key("alice"), null, key("bob"), key("carol")].map((desktop, number) => ({
      name: `d${number}`,
      desktop,
      replicas: 1,
    }));
    const damaged = [{ person: personId("carol"), fault: new ProductError("damaged-record", "broken") }];
    expect(candidatesOf(deployments, [record], damaged)).toEqual({
      candidates: [{ deployment: "d0", key: key("alice") }],
      leftAlone: [
        { deployment: "d1", reason: "does not say whose desktop it is, or in which workspace" },
        { deployment: "d2", reason: "bob already uses this product: their next start adopts it" },
        { deployment: "d3", reason: "the record of carol cannot be read (GET /health/ready)" },
      ],
    });
  });

  it("a Deployment that has another name than its desktop would be a second one", () => {
    const plan = samplePlan({ workspace: "a" });
    const { deployment } = plan.names;
    expect(whyTwo(deployment, plan, plan)).toBeNull();
    expect(whyTwo("another", plan, plan)).toBe(`the desktop of alice in a is called ${deployment}: there would be two`);
    expect(whyTwo("another", plan, refuse("binding-expired", "the binding ended"))).toBeNull();
  });

  it("people are told by name with their desktops by workspace, and so is what is left alone", () => {
    const of = (username: string, desktop: LeftDesktop) => ({ ...desktop, username });
    const { people, leftAlone } = decideAdoptions(
      [
        of("zoe", left("a")),
        of("alice", left("b")),
        of("alice", left("a", { deployment: stopped })),
        of("eve", left("c", { entitled: false })),
      ],
      [{ deployment: "zzz", reason: "before" }],
    );
    expect(people.map(({ username, desktops }) => [username, desktops.map(({ workspace }) => workspace)])).toEqual([
      ["alice", ["a", "b"]],
      ["zoe", ["a"]],
    ]);
    expect(leftAlone.map(({ deployment }) => deployment)).toEqual([left("c").names.deployment, "zzz"]);
  });
});
