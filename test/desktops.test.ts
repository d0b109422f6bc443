import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startTestEstate, type TestEstate } from "./estate.ts";
import { viewOf } from "./guacamole-rules.ts";

interface Desktop {
  id: string;
  username: string;
  workspace: string;
  state: string;
}
interface Page {
  desktops: Desktop[];
  next?: string;
}

let estate: TestEstate;
const olga = <Body>(method: string, path: string, body?: unknown) => estate.call<Body>("olga", method, path, body);
const list = async (query = "") => (await olga<Page>("GET", `/desktops${query}`)).body;
const idOf = async (username: string, workspace: string) =>
  (await list(`?username=${username}&workspace=${workspace}`)).desktops[0]?.id ?? "none";
const operation = async (path: string, body: object = {}) => {
  const reply = await olga<{ id: string; state: string }>("POST", path, body);
  expect([200, 202]).toContain(reply.status);
  await estate.host.whenIdle();
  return (await olga<{ state: string; message?: string }>("GET", `/operations/${reply.body.id}`)).body;
};

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["Date"], shouldAdvanceTime: true });
  estate = await startTestEstate();
  await estate.ask("alice", "cancer-registry");
  await estate.ask("alice", "asthma-cohort");
  await estate.ask("bob", "cancer-registry");
});
afterAll(async () => {
  await estate.close();
  vi.useRealTimers();
});

describe("an administrator", () => {
  it("sees every desktop, including suspended ones", async () => {
    const { desktops } = await list();
    expect(desktops.map(({ username, workspace, state }) => [username, workspace, state]).sort()).toEqual([
      ["alice", "asthma-cohort", "ready"],
      ["alice", "cancer-registry", "suspended"],
      ["bob", "cancer-registry", "ready"],
    ]);
  });

  it("can page through and filter them", async () => {
    const all = (await list()).desktops;
    const first = await list("?limit=2");
    const second = await list(`?limit=2&after=${first.next ?? ""}`);
    expect([...first.desktops, ...second.desktops]).toEqual(all);
    expect(second.next).toBeUndefined();
    expect((await list("?state=suspended")).desktops).toMatchObject([
      { username: "alice", workspace: "cancer-registry" },
    ]);
    expect((await olga("GET", "/desktops?limit=0")).status).toBe(400);
    expect((await olga("GET", "/desktops?state=broken")).status).toBe(400);
  });

  it("sees one desktop with all reasons for its state", async () => {
    const { body } = await olga("GET", `/desktops/${await idOf("alice", "asthma-cohort")}`);
    expect(body).toMatchObject({
      username: "alice",
      state: "ready",
      binding: "asthma-cohort-alice",
      guacamoleUsername: "asthma-cohort@alice",
      mayBeOpened: true,
      entitlement: { entitled: true, until: "2099-12-31" },
      request: { workspace: "asthma-cohort" },
      lastOutcome: { state: "done", reason: "the desktop is ready" },
    });
  });

  it("gets 404 for an unknown id", async () => {
    for (const [method, path] of [
      ["GET", "/desktops/none"],
      ["POST", "/desktops/none/suspend"],
      ["POST", "/desktops/none/retire"],
    ] as const)
      expect(await olga(method, path, method === "GET" ? undefined : {})).toMatchObject({ status: 404 });
  });

  it("can keep a desktop, which a logout does not take down until then", async () => {
    const id = await idOf("alice", "asthma-cohort");
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const { status, body } = await olga("POST", `/desktops/${id}/extend`, { until, reason: "a long analysis" });
    expect([status, body]).toMatchObject([200, { until, by: "olga", reason: "a long analysis" }]);
    expect((await list("?username=alice&state=ready")).desktops).toMatchObject([{ kept: { until, by: "olga" } }]);

    await estate.identity.logOut("alice");
    await estate.host.whenIdle();
    vi.setSystemTime(Date.now() + 30 * 60_000);
    await estate.host.trigger("endLeaves");
    await estate.host.whenIdle();
    expect((await list("?username=alice&state=ready")).desktops).toHaveLength(1);

    vi.setSystemTime(Date.now() + 31 * 60_000);
    await estate.host.trigger("endLeaves");
    await estate.host.whenIdle();
    const { body: now } = await olga<{ state: string; request: { reason: string } }>("GET", `/desktops/${id}`);
    expect(now).toMatchObject({
      state: "suspended",
      request: { reason: expect.stringMatching(/^their session ended at/) as string },
    });
  });

  it.each([
    ["a time in the past", -1],
    ["a time in eight days", 8 * 24 * 60],
  ])("cannot keep a desktop until %s", async (_words, minutes) => {
    const until = new Date(Date.now() + minutes * 60_000).toISOString();
    const reply = await olga("POST", `/desktops/${await idOf("bob", "cancer-registry")}/extend`, { until });
    expect(reply).toMatchObject({ status: 400, body: { code: "malformed-body" } });
  });

  it("cannot keep a desktop that does not run", async () => {
    const until = new Date(Date.now() + 60_000).toISOString();
    const reply = await olga("POST", `/desktops/${await idOf("alice", "cancer-registry")}/extend`, { until });
    expect(reply).toMatchObject({ status: 409, body: { code: "not-running" } });
  });

  it("can suspend a desktop with a reason", async () => {
    const id = await idOf("bob", "cancer-registry");
    const ended = await operation(`/desktops/${id}/suspend`, { reason: "the registry is being moved" });
    expect(ended).toMatchObject({ state: "done" });
    expect((await viewOf(estate.guacamole, "cancer-registry@bob")).mayOpen).toEqual([]);
    expect((await olga("GET", `/desktops/${id}`)).body).toMatchObject({
      state: "suspended",
      request: { reason: "the registry is being moved" },
    });
    expect(await operation(`/desktops/${id}/suspend`)).toMatchObject({ state: "done" });
  });

  it("cannot suspend a desktop that its person is leaving for another", async () => {
    await estate.ask("alice", "asthma-cohort");
    const reply = await olga("POST", `/desktops/${await idOf("alice", "cancer-registry")}/suspend`, {});
    expect(reply).toMatchObject({ status: 409, body: { code: "request-changed" } });
  });

  it("can retire one desktop, and the person's other one keeps running", async () => {
    const id = await idOf("alice", "cancer-registry");
    const ended = await operation(`/desktops/${id}/retire`);
    expect(ended).toMatchObject({ state: "done", message: "nothing of the desktop in cancer-registry is left" });
    expect((await list("?username=alice")).desktops).toMatchObject([{ workspace: "asthma-cohort", state: "ready" }]);
    const { rows } = await estate.world();
    expect(rows.filter((row) => row.includes("cancer-registry@alice"))).toEqual([]);
  });

  it("can retire a desktop that is in use, and then its person wants none", async () => {
    const ended = await operation(`/desktops/${await idOf("alice", "asthma-cohort")}/retire`, {
      reason: "the study ended",
    });
    expect(ended).toMatchObject({ state: "done" });
    expect((await list("?username=alice")).desktops).toEqual([]);
    const { body } = await estate.callAsService("GET", "/users/alice/desktop");
    expect(body).toMatchObject({ state: "absent", wanted: null });
    expect(await estate.ask("alice", "asthma-cohort")).toMatchObject({ state: "done" });
  });

  it("is the only one who may do this", async () => {
    const id = await idOf("alice", "asthma-cohort");
    const until = new Date(Date.now() + 60_000).toISOString();
    for (const [method, path, body] of [
      ["GET", "/desktops"],
      ["GET", `/desktops/${id}`],
      ["POST", `/desktops/${id}/suspend`, {}],
      ["POST", `/desktops/${id}/extend`, { until }],
      ["POST", `/desktops/${id}/retire`, {}],
      ["POST", "/desktops/none/retire", {}],
    ] as const) {
      expect(await estate.call("alice", method, path, body)).toMatchObject({
        status: 403,
        body: { code: "not-allowed" },
      });
      expect(await estate.callAsService(method, path, body)).toMatchObject({ status: 403 });
    }
  });
});

describe("a person", () => {
  interface Own {
    state: string;
    mayExtendUntil?: string;
    kept?: { until: string; by: string };
    ended?: { operation: string };
  }
  const bob = <Body>(method: string, path: string, body?: object) => estate.call<Body>("bob", method, path, body);
  const own = async () => (await bob<Own>("GET", "/users/bob/desktop")).body;
  const path = "/users/bob/desktop/extend";

  it("keeps their own desktop as long as the policy allows", async () => {
    await estate.ask("bob", "cancer-registry");
    const { mayExtendUntil = "" } = await own();
    expect(Date.parse(mayExtendUntil) - Date.now()).toBeLessThanOrEqual(240 * 60_000);
    const until = new Date(Date.now() + 60 * 60_000).toISOString();
    expect(await bob("POST", path, { until })).toMatchObject({ status: 200, body: { until, by: "bob" } });
    expect((await own()).kept).toMatchObject({ until, by: "bob" });
    const words = `kept until ${until} by its person`;
    expect(await own()).toMatchObject({
      decision: { rule: "kept", reason: words, evidence: { what: words, source: "request" } },
    });
    const shown = `/desktops/${await idOf("bob", "cancer-registry")}`;
    expect((await estate.call<{ timeline: object[] }>("olga", "GET", shown)).body.timeline).toContainEqual(
      expect.objectContaining({ kind: "person", by: "bob", action: "extend", until }),
    );

    const late = new Date(Date.parse(mayExtendUntil) + 3_600_000).toISOString();
    for (const wrong of [late, new Date(Date.now() - 1_000).toISOString()])
      expect(await bob("POST", path, { until: wrong })).toMatchObject({
        status: 400,
        body: { code: "malformed-body" },
      });
    const earlier = new Date(Date.now() + 30 * 60_000).toISOString();
    expect((await bob("POST", path, { until: earlier })).body).toMatchObject({ until });
  });

  it("keeps neither somebody else's, nor one that does not run", async () => {
    const until = new Date(Date.now() + 60_000).toISOString();
    expect(await bob("POST", "/users/alice/desktop/extend", { until })).toMatchObject({ status: 403 });
    await operation(`/desktops/${await idOf("bob", "cancer-registry")}/suspend`, { reason: "lunch" });
    expect(await bob("POST", path, { until })).toMatchObject({ status: 409, body: { code: "not-running" } });
    expect((await own()).mayExtendUntil).toBeUndefined();
  });

  it("reads how their last desktop ended, until they want one again", async () => {
    const { ended } = await own();
    expect(ended).toMatchObject({ workspace: "cancer-registry", action: "suspend", reason: "lunch" });
    expect(await bob("GET", `/operations/${ended?.operation}`)).toMatchObject({ status: 200, body: { state: "done" } });
    await estate.ask("bob", "cancer-registry");
    expect((await own()).ended).toBeUndefined();
    await operation(`/desktops/${await idOf("bob", "cancer-registry")}/retire`, { reason: "the study ended" });
    expect(await own()).toMatchObject({
      ...{ state: "absent", reason: "the study ended" },
      ended: { workspace: "cancer-registry", action: "retire", reason: "the study ended" },
    });
  });
});
