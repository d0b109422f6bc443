import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deploymentName } from "../shared/desktop/names.ts";
import { type CountedCalls, startCounting } from "./counted-calls.ts";
import { startTestEstate, type TestEstate } from "./estate.ts";
import { everything } from "./everything.ts";

interface Preview {
  dryRun: boolean;
  would: string[];
  refused?: { code: string; reason: string };
  of: number;
  connected: { people: number; notKnown: number };
  desktops: { username: string; workspace: string; connected: boolean | null }[];
}

let estate: TestEstate;
let counted: CountedCalls;
const idOf = (username: string, workspace: string) => deploymentName({ username, workspace });
const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();

/** alice is connected to one of hers, and has another, suspended; bob is not connected. */
beforeAll(async () => {
  estate = await startTestEstate(undefined, {}, undefined, false, {
    async linkTo(system, url) {
      if (system !== "cluster") return url;
      counted = await startCounting(url);
      return counted.url;
    },
  });
  await estate.ask("alice", "cancer-registry");
  await estate.ask("alice", "asthma-cohort");
  await estate.ask("bob", "cancer-registry");
  await estate.guacamole.query(`
    INSERT INTO guacamole_connection_history (user_id, username, connection_id, connection_name, start_date)
    SELECT u.user_id, e.name, c.connection_id, c.connection_name, now()
    FROM guacamole_entity e JOIN guacamole_user u USING (entity_id), guacamole_connection c
    JOIN guacamole_connection_group g ON g.connection_group_id = c.parent_id
    WHERE e.name = 'asthma-cohort@alice' AND c.connection_name = 'alice' AND g.connection_group_name = 'asthma-cohort'`);
});
afterAll(async () => {
  await estate.close();
  await counted.close();
});

/** Makes the call with `?dryRun=true`, and fails if anything was written. */
async function preview(path: string, body: object = {}): Promise<Preview> {
  const before = await everything(estate);
  counted.calls.length = 0;
  const reply = await estate.call<Preview>("olga", "POST", `${path}?dryRun=true`, body);
  expect(reply.status).toBe(200);
  await estate.host.whenIdle();
  expect(counted.calls.filter((call) => !call.startsWith("GET"))).toEqual([]);
  expect(await everything(estate)).toEqual(before);
  return reply.body;
}

describe("a dry run", () => {
  it("of a suspension says what would happen, and who is connected", async () => {
    const told = await preview(`/desktops/${idOf("alice", "asthma-cohort")}/suspend`, { reason: "a test" });
    expect(told).toMatchObject({
      dryRun: true,
      of: 1,
      connected: { people: 1, notKnown: 0 },
      desktops: [{ username: "alice", workspace: "asthma-cohort", state: "in-use", connected: true }],
    });
    expect(told.would.join()).toMatch(/access is withdrawn.*1 person connected now/);
  });

  it("of a suspension says that it would be refused", async () => {
    expect(await preview(`/desktops/${idOf("alice", "cancer-registry")}/suspend`)).toMatchObject({
      would: [],
      of: 0,
      refused: { code: "request-changed", reason: expect.stringContaining("asthma-cohort") as string },
    });
  });

  it("of an extension says until when, and that one that does not run would be refused", async () => {
    const until = inAnHour();
    const { would } = await preview(`/desktops/${idOf("alice", "asthma-cohort")}/extend`, { until });
    expect(would[0]).toContain(`is kept until ${until}`);
    expect(await preview(`/desktops/${idOf("alice", "cancer-registry")}/extend`, { until })).toMatchObject({
      refused: { code: "not-running" },
    });
    const path = `/desktops/${idOf("alice", "asthma-cohort")}/extend?dryRun=true`;
    expect(await estate.call("olga", "POST", path, { until: "2020-01-01T00:00:00Z" })).toMatchObject({
      status: 400,
      body: { code: "malformed-body" },
    });
  });

  it("of a removal says that it is permanent", async () => {
    const { would, of } = await preview(`/desktops/${idOf("bob", "cancer-registry")}/retire`);
    expect([would.join(), of]).toEqual([expect.stringMatching(/removed permanently.*nobody is connected/), 1]);
  });

  it.each([
    ["a workspace", { workspace: "asthma-cohort" }, ["alice"], { people: 1, notKnown: 0 }],
    ["another workspace", { workspace: "cancer-registry" }, ["bob"], { people: 0, notKnown: 0 }],
    ["a person", { username: "alice" }, ["alice"], { people: 1, notKnown: 0 }],
    ["a person elsewhere", { username: "alice", workspace: "cancer-registry" }, [], { people: 0, notKnown: 0 }],
  ])(
    "of the end of the sessions of %s says whose end, and how many are connected",
    async (_words, of, people, connected) => {
      const told = await preview("/maintenance/end-sessions", of);
      expect(told.desktops.map(({ username }) => username)).toEqual(people);
      expect(told).toMatchObject({ of: people.length, connected });
    },
  );

  it("of the end of the sessions of no workspace is refused as the call is", async () => {
    const path = "/maintenance/end-sessions?dryRun=true";
    expect(await estate.call("olga", "POST", path, { workspace: "nothing" })).toMatchObject({ status: 404 });
    expect(await estate.call("olga", "POST", path, {})).toMatchObject({ status: 400 });
  });

  it("is for administrators only, and reads nothing for others", async () => {
    for (const [path, body] of [
      [`/desktops/${idOf("alice", "asthma-cohort")}/suspend`, {}],
      [`/desktops/${idOf("alice", "asthma-cohort")}/extend`, { until: inAnHour() }],
      [`/desktops/${idOf("alice", "asthma-cohort")}/retire`, {}],
      ["/maintenance/end-sessions", { username: "alice" }],
    ] as const) {
      counted.calls.length = 0;
      expect((await estate.call("alice", "POST", `${path}?dryRun=true`, body)).status).toBe(403);
      expect((await estate.callAsService("POST", `${path}?dryRun=true`, body)).status).toBe(403);
      expect(counted.calls).toEqual([]);
    }
  });

  it("does not change what the call does: without it the desktop goes", async () => {
    const reply = await estate.call(
      "olga",
      "POST",
      `/desktops/${idOf("bob", "cancer-registry")}/suspend?dryRun=false`,
      {},
    );
    expect([200, 202]).toContain(reply.status);
    await estate.end("bob", reply.body);
    expect((await estate.call("olga", "GET", "/desktops?username=bob&state=suspended")).body).toMatchObject({
      desktops: [{ username: "bob" }],
    });
  });
});
