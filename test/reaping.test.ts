import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { bind } from "./bound-people.ts";
import { startTestEstate, type TestEstate } from "./estate.ts";
import { viewOf } from "./guacamole-rules.ts";
import { closeSessions, logIn, openSession, presenceOf } from "./keycloak-person.ts";

/** What the reap timer does, as people see it. */
let estate: TestEstate;
const asthma = "asthma-cohort";
const minutes = (count: number) => vi.setSystemTime(Date.now() + count * 60_000);
const shown = async (username = "alice") =>
  (await estate.callAsService<Record<string, unknown>>("GET", `/users/${username}/desktop`)).body;

async function reap(): Promise<void> {
  await estate.host.trigger("reapTimer");
  await estate.host.whenIdle();
}

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["Date"], shouldAdvanceTime: true });
  estate = await startTestEstate();
});
afterAll(async () => {
  await estate.close();
  vi.useRealTimers();
});
beforeEach(async () => {
  await estate.ask("alice", null);
  minutes(24 * 60);
  expect(await estate.ask("alice", asthma)).toMatchObject({ state: "done" });
});

describe("a desktop that is not in use", () => {
  it("waits for the first visit, and is suspended if nobody comes", async () => {
    minutes(29);
    await reap();
    expect(await shown()).toMatchObject({ state: "ready" });
    minutes(2);
    await reap();
    expect(await shown()).toMatchObject({ state: "suspended" });
    expect((await viewOf(estate.guacamole, `${asthma}@alice`)).mayOpen).toEqual([]);
  });

  it("is suspended if it was idle for longer than allowed, and says why", async () => {
    await openSession(estate, asthma, "alice");
    minutes(120);
    await reap();
    expect(await shown()).toMatchObject({ state: "in-use" });
    await closeSessions(estate, asthma, "alice");
    minutes(59);
    await reap();
    expect(await shown()).toMatchObject({ state: "idle" });
    minutes(2);
    await reap();
    expect(await shown()).toMatchObject({
      state: "suspended",
      reason: expect.stringContaining("nobody has been connected for more than 60 minutes") as string,
    });
    expect(await estate.ask("alice", asthma)).toMatchObject({ state: "done" });
    expect(await shown()).toMatchObject({ state: "ready" });
  });
});

describe("a desktop that keeps running", () => {
  it("is one whose person asked again, although nobody is connected", async () => {
    minutes(29);
    expect(await estate.ask("alice", asthma)).toMatchObject({ state: "done" });
    minutes(29);
    await reap();
    expect(await shown()).toMatchObject({ state: "ready" });
    minutes(2);
    await reap();
    expect(await shown()).toMatchObject({ state: "suspended" });
  });

  it("is one whose person is connected, even if there is another connection and group with the same names", async () => {
    await openSession(estate, asthma, "alice");
    await estate.guacamole.query(
      `WITH spare AS (
         INSERT INTO guacamole_connection_group (connection_group_name, type) VALUES ('asthma-cohort', 'ORGANIZATIONAL')
         RETURNING connection_group_id
       )
       INSERT INTO guacamole_connection (connection_name, parent_id, protocol)
       SELECT 'alice', connection_group_id, 'vnc' FROM spare`,
    );
    minutes(120);
    await reap();
    expect(await shown()).toMatchObject({ state: "in-use" });
    await estate.guacamole.query(
      `DELETE FROM guacamole_connection_group g
       WHERE connection_group_name = 'asthma-cohort' AND NOT EXISTS (
         SELECT FROM guacamole_connection c JOIN guacamole_connection_parameter USING (connection_id)
         WHERE c.parent_id = g.connection_group_id
       )`,
    );
    await closeSessions(estate, asthma, "alice");
  });

  it("stays so after the clock was put back by an hour since it was started", async () => {
    await logIn(estate, "alice", asthma);
    minutes(-60);
    await estate.host.trigger("wakeForgotten");
    expect(Date.parse((await presenceOf(estate, "alice"))?.seenAt ?? "")).toBeLessThanOrEqual(Date.now());
    await reap();
    await openSession(estate, asthma, "alice");
    minutes(120);
    await reap();
    expect(await shown()).toMatchObject({ state: "in-use" });
  });

  it("is one that an administrator keeps, which it shows, but even in use it ends at the longest session", async () => {
    await openSession(estate, asthma, "alice");
    const { endsAt } = await shown();
    expect(Date.parse(String(endsAt)) - Date.now()).toBeGreaterThan(11 * 3_600_000);
    minutes(719);
    await reap();
    expect(await shown()).toMatchObject({ state: "in-use" });
    const until = new Date(Date.now() + 3 * 3_600_000).toISOString();
    const { body } = await estate.call<{ desktops: { id: string }[] }>("olga", "GET", "/desktops?username=alice");
    const path = `/desktops/${body.desktops[0]?.id ?? ""}`;
    const kept = await estate.call("olga", "POST", `${path}/extend`, { until, reason: "a long analysis" });
    expect(kept).toMatchObject({ status: 200, body: { by: "olga" } });
    minutes(60);
    await reap();
    expect(await shown()).toMatchObject({
      kept: { by: "olga" },
      endsAt: until,
      decision: { rule: "kept", reason: `kept until ${until} by olga: a long analysis` },
    });
    minutes(121);
    await reap();
    expect(await shown()).toMatchObject({
      state: "suspended",
      reason: expect.stringContaining("may run for at most 720 minutes") as string,
    });
    const one = await estate.call<{ history: { rule: string }[] }>("olga", "GET", path);
    expect(one.body.history.map(({ rule }) => rule).slice(-3)).toEqual(["in-use", "kept", "longest-session"]);
    await closeSessions(estate, asthma, "alice");
  });
});

describe("a run of the reaper", () => {
  const lastRun = async () => {
    type Body = { runs: { reap: { state: string; summary: Record<string, unknown> } } };
    return (await estate.call<Body>("olga", "GET", "/maintenance")).body.runs.reap;
  };

  it("as a dry run says what it would do, and does nothing", async () => {
    minutes(31);
    const before = await estate.world();
    const dry = await estate.call<{ due: unknown[] }>("olga", "POST", "/maintenance/reap?dryRun=true");
    expect(dry).toMatchObject({
      status: 200,
      body: { dryRun: true, due: [{ username: "alice", workspace: asthma, decision: { rule: "start-grace" } }] },
    });
    expect(await estate.world()).toEqual(before);
    expect((await estate.call("olga", "POST", "/maintenance/reap?wait=5")).body).toMatchObject({
      dryRun: false,
      due: [{ username: "alice" }],
      failed: [],
    });
    await estate.host.whenIdle();
    expect(await shown()).toMatchObject({ state: "suspended" });
    expect((await estate.call("alice", "POST", "/maintenance/reap")).status).toBe(403);
  });

  it("suspends nothing while Guacamole's database does not answer, and says so", async () => {
    minutes(120);
    await estate.guacamole.query("ALTER TABLE guacamole_connection_history RENAME TO away");
    await reap();
    await estate.guacamole.query("ALTER TABLE away RENAME TO guacamole_connection_history");
    expect(await lastRun()).toMatchObject({
      state: "done",
      summary: { rules: { unknown: 1 }, due: [], unanswered: [expect.stringContaining("database") as string] },
    });
    expect(await shown()).toMatchObject({ state: "ready", decision: { action: "suspend" } });
    await reap();
    expect(await shown()).toMatchObject({ state: "suspended" });
  });

  it("continues with the others if one cannot be suspended, and retries that one", async () => {
    await bind(estate, "bob", asthma);
    expect(await estate.ask("bob", asthma)).toMatchObject({ state: "done" });
    minutes(31);
    estate.faults.beforeActivity = ({ name, input }) => {
      if (name === "scaleToZero" && JSON.stringify(input).includes("alice")) throw new Error("no");
    };
    await reap();
    estate.mend();
    expect(await shown("bob")).toMatchObject({ state: "suspended" });
    expect(await shown("alice")).toMatchObject({ wanted: asthma });
    await reap();
    expect(await shown("alice")).toMatchObject({ state: "suspended" });
  });

  it("does nothing twice if the timer fires twice, and survives a crash", async () => {
    minutes(31);
    await Promise.all([estate.host.trigger("reapTimer"), estate.host.trigger("reapTimer")]);
    await estate.host.whenIdle();
    expect(await shown()).toMatchObject({ state: "suspended" });
    const { body } = await estate.callAsService<{ history: { rule: string; action: string }[] }>(
      "GET",
      "/users/alice/desktop",
    );
    const suspensions = body.history.filter(({ action }) => action === "suspend");
    await reap();
    expect((await shown())["history"]).toEqual(body.history);
    expect(suspensions.length).toBeGreaterThan(0);

    expect(await estate.ask("alice", asthma)).toMatchObject({ state: "done" });
    minutes(31);
    let crashed = () => {};
    const died = new Promise<void>((resolve) => {
      crashed = resolve;
    });
    estate.faults.beforeActivity = async ({ name }) => {
      if (name !== "scaleToZero") return;
      crashed();
      await new Promise(() => {});
    };
    await estate.host.trigger("reapTimer");
    await died;
    estate.mend();
    await estate.restartHost();
    await estate.host.whenIdle();
    expect(await shown()).toMatchObject({ state: "suspended" });
  });
});
