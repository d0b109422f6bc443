import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { bind } from "./bound-people.ts";
import { deploymentName } from "../shared/desktop/names.ts";
import { namespace, startTestEstate, type TestEstate } from "./estate.ts";
import { viewOf } from "./guacamole-rules.ts";
import { openSession } from "./keycloak-person.ts";

/** What administrators pause and end. */
let estate: TestEstate;
const asthma = "asthma-cohort";
const minutes = (count: number) => vi.setSystemTime(Date.now() + count * 60_000);
const set = (body: object) => estate.call<Record<string, unknown>>("olga", "PUT", "/maintenance", body);
const shown = async (username = "alice") =>
  (await estate.callAsService<Record<string, unknown>>("GET", `/users/${username}/desktop`)).body;

async function reap(): Promise<void> {
  await estate.host.trigger("reapTimer");
  await estate.host.whenIdle();
}

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["Date"], shouldAdvanceTime: true });
  estate = await startTestEstate();
  await bind(estate, "bob", asthma);
});
afterAll(async () => {
  await estate.close();
  vi.useRealTimers();
});
afterEach(async () => {
  expect(await set({ reaping: "on", activation: "on" })).toMatchObject({ status: 200 });
});

describe("the maintenance switch", () => {
  it("pauses reaping across a restart, shows that everywhere, and resumes it", async () => {
    expect(await estate.ask("alice", asthma)).toMatchObject({ state: "done" });
    const reply = await set({ reaping: "paused", reason: "Guacamole is being upgraded" });
    const paused = { state: "paused", by: "olga", reason: "Guacamole is being upgraded" };
    expect(reply).toMatchObject({ status: 200, body: { reaping: paused, activation: { state: "on" } } });

    minutes(24 * 60);
    await estate.restartHost();
    await reap();
    expect(await shown()).toMatchObject({ state: "ready", decision: { rule: "reaping-paused", action: "keep" } });
    // It still ends when alice's entitlement does.
    expect(await shown()).toMatchObject({ decision: { next: { action: "retire" } } });
    const ready = await fetch(`${estate.host.url}/api/health/ready`);
    expect(await ready.json()).toMatchObject({ status: "ready", reaping: "paused", activation: "on" });
    const { body } = await estate.call<Record<string, unknown>>("olga", "GET", "/maintenance");
    expect(body).toMatchObject({
      reaping: paused,
      runs: { reap: { state: "done", summary: { rules: { "reaping-paused": 1 }, due: [] } }, reconcile: null },
    });

    await set({ reaping: "on", reason: "the upgrade is done" });
    const resumed = { state: "on", by: "olga", since: expect.any(String) as string, reason: "the upgrade is done" };
    // What is on already stays resumed by who did that.
    await set({ reaping: "on", reason: "again" });
    const { body: after } = await estate.call<Record<string, unknown>>("olga", "GET", "/maintenance");
    expect(after["reaping"]).toEqual(resumed);
    await reap();
    expect(await shown()).toMatchObject({ state: "suspended" });
    await set({ reaping: "paused" });
    const { body: again } = await estate.call<Record<string, unknown>>("olga", "GET", "/maintenance");
    expect(again["reaping"]).toEqual({ state: "paused", by: "olga", since: expect.any(String) as string });
  });

  it("pauses activation: people keep the desktop they have, and nobody gets another", async () => {
    expect(await estate.ask("alice", asthma)).toMatchObject({ state: "done" });
    await set({ activation: "paused", reason: "the cluster is full" });
    const path = "/users/alice/desktop";
    const again = await estate.call("alice", "PUT", path, { workspace: asthma });
    expect(again).toMatchObject({ status: 200, body: { state: "done" } });
    const before = await estate.world();
    const other = await estate.call("alice", "PUT", path, { workspace: "cancer-registry" });
    expect(other).toMatchObject({ status: 503, body: { code: "activation-paused" } });
    expect(other.body).toMatchObject({ detail: expect.stringContaining("the cluster is full") as string });
    expect(await estate.world()).toEqual(before);
    await set({ activation: "on" });
    expect(await estate.ask("alice", "cancer-registry")).toMatchObject({ state: "done" });
  });

  it("is for administrators, and refuses anything else", async () => {
    expect((await estate.call("alice", "PUT", "/maintenance", { reaping: "paused" })).status).toBe(403);
    expect((await estate.callAsService("GET", "/maintenance")).status).toBe(403);
    for (const body of [{}, { reaping: "off" }, { reason: "why" }, { reaping: "on", other: 1 }])
      expect(await set(body)).toMatchObject({ status: 400, body: { code: "malformed-body" } });
  });
});

interface Run {
  id: string;
  state: string;
  of: number;
  counts: { ended: number; failed: number };
  ended: { username: string; operation: string }[];
  trouble?: string;
}

describe("ending sessions", () => {
  /** Begins a run, and returns it after its end. */
  const end = async (body: object) => {
    const reply = await estate.call<Run>("olga", "POST", "/maintenance/end-sessions", body);
    expect(reply.status).toBe(202);
    expect(reply.headers.get("location")).toBe(`/api/maintenance/end-sessions/${reply.body.id}`);
    await estate.host.whenIdle();
    return (await estate.call<Run>("olga", "GET", `/maintenance/end-sessions/${reply.body.id}`)).body;
  };

  it("suspends everybody's desktops in a workspace, in use or not, and no others", async () => {
    expect(await estate.ask("alice", asthma)).toMatchObject({ state: "done" });
    expect(await estate.ask("bob", asthma)).toMatchObject({ state: "done" });
    await openSession(estate, asthma, "alice");
    const run = await end({ workspace: asthma, reason: "a breach is being looked into" });
    expect(run).toMatchObject({ state: "done", of: 2, counts: { ended: 2, failed: 0 }, workspace: asthma });
    expect(run.ended.map(({ username }) => username).sort()).toEqual(["alice", "bob"]);
    const operation = (run.ended[0]?.operation ?? "").replace("/api", "");
    expect((await estate.call("olga", "GET", operation)).body).toMatchObject({ state: "done" });
    for (const username of ["alice", "bob"]) {
      expect(await shown(username)).toMatchObject({
        state: "suspended",
        reason: expect.stringContaining("a breach is being looked into") as string,
      });
      expect((await viewOf(estate.guacamole, `${asthma}@${username}`)).mayOpen).toEqual([]);
    }
  });

  it("ends that of a person whose switch to another desktop failed", async () => {
    expect(await estate.ask("alice", asthma)).toMatchObject({ state: "done" });
    const deployment = deploymentName({ workspace: "cancer-registry", username: "alice" });
    estate.cluster.setFault({ namespace, deployment }, "image-pull");
    expect(await estate.ask("alice", "cancer-registry")).toMatchObject({ state: "failed" });
    estate.cluster.setFault({ namespace, deployment }, null);
    expect(await shown()).toMatchObject({ workspace: asthma, wanted: "cancer-registry" });
    expect(await end({ workspace: asthma })).toMatchObject({ ended: [{ username: "alice" }], failed: [] });
    expect(await shown()).toMatchObject({ state: "suspended" });
  });

  it("ends those of one person", async () => {
    expect(await estate.ask("alice", asthma)).toMatchObject({ state: "done" });
    expect(await estate.ask("bob", asthma)).toMatchObject({ state: "done" });
    expect(await end({ username: "alice" })).toMatchObject({ state: "done", of: 1, ended: [{ username: "alice" }] });
    expect(await shown("alice")).toMatchObject({
      state: "suspended",
      reason: expect.stringContaining("ended by olga") as string,
    });
    expect(await shown("bob")).toMatchObject({ state: "ready" });
  });

  it("is for administrators, and refuses a body that names nobody or an unknown workspace", async () => {
    const end = (who: string, body: object) => estate.call(who, "POST", "/maintenance/end-sessions", body);
    expect(await end("olga", {})).toMatchObject({ status: 400, body: { code: "malformed-body" } });
    expect(await end("olga", { workspace: "nowhere" })).toMatchObject({ status: 404, body: { code: "not-found" } });
    expect((await end("alice", { username: "bob" })).status).toBe(403);
    const unknown = "/maintenance/end-sessions/00000000000000000000000000000000";
    expect(await estate.call("olga", "GET", unknown)).toMatchObject({ status: 404, body: { code: "not-found" } });
  });
});

describe("upkeep", () => {
  it("purges only finished work whose retention has ended; the people's records stay", async () => {
    expect(await estate.ask("alice", asthma)).toMatchObject({ state: "done" });
    const upkeep = async () => {
      await estate.host.trigger("upkeepTimer");
      await estate.host.whenIdle();
      const { body } = await estate.call<{ runs: { upkeep: { summary: { purged: number; refreshed: number } } } }>(
        "olga",
        "GET",
        "/maintenance",
      );
      return body.runs.upkeep.summary;
    };
    expect(await upkeep()).toMatchObject({ purged: 0, refreshed: 2 });
    minutes(31 * 24 * 60);
    const { purged } = await upkeep();
    expect(purged).toBeGreaterThan(0);
    expect(await shown()).toMatchObject({ wanted: asthma });
  });
});
