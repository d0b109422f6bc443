import { createHmac, randomUUID } from "node:crypto";
import { AppsV1Api, CoreV1Api, KubernetesObjectApi, type V1ConfigMap } from "@kubernetes/client-node";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Drift } from "../shared/lifecycle/drift.ts";
import { deploymentName, personId } from "../shared/desktop/names.ts";
import { bind } from "./bound-people.ts";
import { namespace, startTestEstate, type TestEstate, webhookSecret } from "./estate.ts";
import { presenceOf, subjectOf } from "./keycloak-person.ts";
import { leaveDesktop } from "./operator-leftovers.ts";

/** One damaged record among healthy ones: that of bob, who has a running desktop, as alice has. */
const asthma = "asthma-cohort";
const name = `desktop-request-${personId("bob")}`;
const named = expect.stringContaining(`ConfigMap ${name} is`) as string;
const custom = { apiVersion: "xlscsde.nhs.uk/v1" };
const idOf = (username: string) => deploymentName({ workspace: asthma, username });

let estate: TestEstate;
let core: CoreV1Api;
let healthy: V1ConfigMap;

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["Date"], shouldAdvanceTime: true });
  estate = await startTestEstate();
  core = estate.kubeconfig.makeApiClient(CoreV1Api);
  await bind(estate, "bob", asthma);
});
afterAll(async () => {
  await estate.close();
  vi.useRealTimers();
});
beforeEach(async () => {
  expect(await estate.ask("alice", asthma)).toMatchObject({ state: "done" });
  expect(await estate.ask("bob", asthma)).toMatchObject({ state: "done" });
  healthy = await core.readNamespacedConfigMap({ namespace, name });
  estate.log.length = 0;
});
afterEach(() => write((found) => found));

/** Writes bob's healthy record, changed by `damage`. */
async function write(damage: (healthy: V1ConfigMap) => V1ConfigMap): Promise<void> {
  const { labels = {} } = healthy.metadata ?? {};
  const body = damage({ metadata: { name, labels }, data: healthy.data ?? {} });
  await core.replaceNamespacedConfigMap({ namespace, name, body });
}

function withRequest(change: object): (healthy: V1ConfigMap) => V1ConfigMap {
  return (found) => {
    const request = { ...(JSON.parse(found.data?.["request"] ?? "{}") as object), ...change };
    return { ...found, data: { ...found.data, request: JSON.stringify(request) } };
  };
}

const badTime = withRequest({ requestedAt: "not a time" });
const damages: [string, (healthy: V1ConfigMap) => V1ConfigMap][] = [
  ["an invalid time", badTime],
  ["invalid JSON", (found) => ({ ...found, data: { ...found.data, request: "{" } })],
  ["a missing part", (found) => ({ ...found, data: { outcomes: found.data?.["outcomes"] ?? "" } })],
  ["no data", (found) => ({ ...found, data: {} })],
  ["somebody else's username", withRequest({ username: "alice" })],
  [
    "no label that marks it as ours",
    (found) => ({ ...found, metadata: { name, labels: { "xlscsde.nhs.uk/purpose": "desktop-request" } } }),
  ],
];

interface Listed {
  desktops: { id: string; username: string }[];
  unanswered: string[];
}
interface Run {
  unanswered: string[];
  due: { username: string }[];
  failed: { username: string; reason: string }[];
}

const admin = <Body>(method: string, path: string, body?: unknown) => estate.call<Body>("olga", method, path, body);
const shown = async (username: string) => (await estate.callAsService("GET", `/users/${username}/desktop`)).body;
const logged = () => estate.log.map(({ message }) => message).join("\n");

describe.each(damages)("a record with %s", (_, damage) => {
  it("is left out of lists, and named in every answer that lacks it", async () => {
    await write(damage);
    const list = await admin<Listed>("GET", "/desktops");
    expect([list.status, list.body.unanswered]).toEqual([200, [named]]);
    expect(list.body.desktops.map(({ username }) => username).sort()).toEqual(["alice", "bob"]);
    for (const run of ["reap", "reconcile"]) {
      const dry = await admin<Run>("POST", `/maintenance/${run}?dryRun=true`);
      expect([dry.status, dry.body.unanswered]).toEqual([200, [named]]);
    }

    const ready = await admin<object>("GET", "/health/ready");
    expect(ready).toMatchObject({ status: 200, body: { status: "ready", damaged: [named], stuck: [] } });
    // This estate's settings name neither Guacamole's API nor its pods: a warning, not a reason to be out of service.
    expect(ready.body).toMatchObject({
      gaps: [expect.stringContaining("GUACAMOLE_API_URLS"), expect.stringContaining("default-deny.yaml")],
    });
    const anybody: unknown = await (await fetch(`${estate.host.url}/api/health/ready`)).json();
    for (const hidden of ["damaged", "gaps"]) expect(anybody).not.toHaveProperty(hidden);

    await estate.host.trigger("wakeForgotten");
    expect(logged()).toContain(name);
  });

  it("leaves its person the list of workspaces", async () => {
    await write(damage);
    const list = await estate.callAsService("GET", "/users/bob/workspaces");
    const desktop = expect.objectContaining({ state: "ready" }) as unknown;
    const entitled = expect.objectContaining({ workspace: asthma, entitled: true, desktop }) as unknown;
    expect(list).toMatchObject({ status: 200, body: { workspaces: [entitled] } });
    expect(logged()).toContain(name);
  });
});

describe("a damaged record", () => {
  it("protects its person's desktop, and nobody else's", async () => {
    await write(badTime);
    vi.setSystemTime(Date.now() + 24 * 60 * 60_000);
    await estate.host.trigger("reapTimer");
    await estate.host.trigger("reconcileTimer");
    await estate.host.whenIdle();
    expect(await shown("alice")).toMatchObject({ state: "suspended" });
    const { body } = await admin<{ desktops: unknown[] }>("GET", "/desktops");
    expect(body.desktops).toContainEqual(expect.objectContaining({ username: "bob", state: "ready", wanted: null }));
    const { runs } = (await admin<{ runs: Record<string, { summary: unknown }> }>("GET", "/maintenance")).body;
    expect(runs["reap"]?.summary).toMatchObject({ rules: { unknown: 1 }, unanswered: [named], failed: [] });
    expect(runs["reconcile"]?.summary).toMatchObject({ drifts: [], unanswered: [named], failed: [] });
    expect(logged()).toContain("the desktops of that person are kept");

    await write((found) => found);
    await estate.host.trigger("reapTimer");
    await estate.host.whenIdle();
    expect(await shown("bob")).toMatchObject({ state: "suspended" });
  });

  it("of somebody who may not have their desktop any more is reported as a failure", async () => {
    await write(badTime);
    const binding = { ...custom, kind: "AnalyticsWorkspaceBinding", metadata: { name: `${asthma}-bob`, namespace } };
    await KubernetesObjectApi.makeApiClient(estate.kubeconfig).delete(binding);
    const { body } = await admin<Run>("POST", "/maintenance/reconcile?wait=10");
    await bind(estate, "bob", asthma);
    expect(body.failed).toEqual([expect.objectContaining({ username: "bob", kind: "entitlement-ended" })]);
  });

  it("is an error in calls about that person, which says what is wrong and what to do", async () => {
    const { body: before } = await estate.callAsService("PUT", "/users/bob/desktop", { workspace: asthma });
    await write(badTime);
    const words = `read person record: the ConfigMap ${name} is damaged: request.requestedAt: Invalid ISO datetime (fix it, or delete it: the person asks again)`;
    const problem = { status: 500, body: { code: "damaged-record", detail: words } };
    const desktop = "/users/bob/desktop";
    expect(await estate.callAsService("GET", desktop)).toMatchObject(problem);
    expect(await estate.callAsService("PUT", desktop, { workspace: asthma })).toMatchObject(problem);
    expect(await estate.callAsService("DELETE", desktop)).toMatchObject(problem);
    expect(await admin("DELETE", "/users/bob")).toMatchObject(problem);
    expect(await admin("GET", `/desktops/${idOf("bob")}`)).toMatchObject(problem);
    for (const deed of ["suspend", "retire"])
      expect(await admin("POST", `/desktops/${idOf("bob")}/${deed}`, {})).toMatchObject(problem);
    expect(await estate.callAsService("GET", `/operations/${before.id}`)).toMatchObject(problem);
    expect(await estate.call("bob", "GET", `/operations/${before.id}`)).toMatchObject(problem);
    expect(await estate.call("alice", "GET", `/operations/${before.id}`)).toMatchObject({ status: 404 });
    expect(logged()).toContain(words);
  });

  it("does not stop the desktops of others from being ended and the timers from running", async () => {
    await write(badTime);
    const begun = await admin<{ id: string }>("POST", "/maintenance/end-sessions", { workspace: asthma });
    expect(begun.status).toBe(202);
    await estate.host.whenIdle();
    const run = `/maintenance/end-sessions/${begun.body.id}`;
    const ended = await admin<{ ended: unknown[]; failed: unknown[] }>("GET", run);
    expect(ended.body.ended).toMatchObject([{ username: "alice" }]);
    expect(ended.body.failed).toMatchObject([{ username: "bob", reason: named }]);
    for (const timer of ["wakeForgotten", "endLeaves", "followScaling"]) await estate.host.trigger(timer);
    await estate.host.whenIdle();
    expect(await shown("alice")).toMatchObject({ state: "suspended" });
  });

  it("excludes the desktop that the operator left to its person from adoption, and no others", async () => {
    await write(badTime);
    await bind(estate, "dora", "cancer-registry");
    await bind(estate, "bob", "cancer-registry");
    await leaveDesktop(estate, { workspace: "cancer-registry", username: "dora", replicas: 1 });
    await leaveDesktop(estate, { workspace: "cancer-registry", username: "bob", replicas: 1 });
    const { status, body } = await admin<{ people: unknown[]; leftAlone: unknown[] }>("POST", "/maintenance/adopt");
    expect([status, body.people]).toMatchObject([202, [{ username: "dora" }]]);
    expect(body.leftAlone).toMatchObject([{ reason: "the record of bob cannot be read (GET /health/ready)" }]);
    await estate.host.whenIdle();
  });

  it("is named when Keycloak sends an event about a group, which may be its person's", async () => {
    await write(badTime);
    await tell({ type: "admin.GROUP-DELETE", resourcePath: "groups/g1", representation: '{"name":"g1"}' });
    expect(logged()).toMatch(new RegExp(`${name} is damaged.*; cannot tell whether it concerns them`));
  });

  it("does not keep from the others what Keycloak says about everybody, and is retried", async () => {
    let rounds = 0;
    estate.faults.beforeActivity = async (call) => {
      if (call.name === "applyNoticeToMany" && rounds++ === 0) await write(badTime);
    };
    await tell({ type: "admin.REALM-ACTION", resourcePath: "logout-all" });
    estate.mend();
    expect(await presenceOf(estate, "alice")).toMatchObject({ leaving: {} });
    expect(logged()).toMatch(new RegExp(`follow a notice for bob: .*${name} is damaged`));
    expect(rounds).toBe(6);
  });

  it("lets Keycloak's events about its person be retried, as in an outage", async () => {
    await write(badTime);
    await tell({ type: "admin.USER-DELETE", resourcePath: `users/${await subjectOf(estate, "bob")}` });
    const tries = estate.log.filter(({ message }) => message.startsWith("Executed 'Functions.findPeople' (Failed"));
    // One call is attempted a few times within seconds; calls are repeated for two hours.
    expect(tries.length).toBeGreaterThan(10);
  });
});

describe("drift of a person whose record is damaged", () => {
  const kinds = async () => {
    const { body } = await admin<{ drifts: Drift[] }>("POST", "/maintenance/reconcile?dryRun=true");
    return body.drifts.filter(({ username }) => username === "bob").map(({ kind }) => kind);
  };

  it("is left until the record can be read: it may be work in progress", async () => {
    await core.deleteNamespacedService({ namespace, name: `client-${idOf("bob")}` });
    await write(badTime);
    expect(await kinds()).toEqual([]);
    await write((found) => found);
    expect(await kinds()).toEqual(["service"]);

    const apps = estate.kubeconfig.makeApiClient(AppsV1Api);
    await apps.deleteNamespacedDeployment({ namespace, name: idOf("bob") });
    await write(badTime);
    expect(await kinds()).toEqual([]);
    await write((found) => found);
    expect(await kinds()).toContain("connection-alone");
  });
});

describe("what a newer release wrote", () => {
  const newer = { deep: [1] };
  const read = async (of: string) => (await core.readNamespacedConfigMap({ namespace, name: of })).data ?? {};

  it("stays in the record when a leave ends", async () => {
    const past = "2026-01-01T00:00:00.000Z";
    const presence = { seenAt: past, sessions: [], leaving: { since: past, until: past }, newer };
    await write((found) => ({
      ...found,
      metadata: Object.assign(found.metadata ?? {}, {
        labels: { ...found.metadata?.labels, "xlscsde.nhs.uk/work": "open" },
      }),
      data: { ...found.data, presence: JSON.stringify(presence), newer: "text" },
    }));
    await estate.host.trigger("endLeaves");
    await estate.host.whenIdle();
    expect(await shown("bob")).toMatchObject({ state: "suspended" });
    const data = await read(name);
    expect(JSON.parse(data["presence"] ?? "")).toEqual({ seenAt: past, sessions: [], newer });
    expect(data["newer"]).toBe("text");
  });

  it("stays in the maintenance switch when it is flipped", async () => {
    await admin("PUT", "/maintenance", { reaping: "paused" });
    const { metadata, data = {} } = await core.readNamespacedConfigMap({ namespace, name: "desktop-maintenance" });
    const paused = { ...(JSON.parse(data["paused"] ?? "") as object), newer };
    const body = { ...(metadata && { metadata }), data: { paused: JSON.stringify(paused) } };
    await core.replaceNamespacedConfigMap({ namespace, name: "desktop-maintenance", body });
    expect(await admin("PUT", "/maintenance", { reaping: "on" })).toMatchObject({ status: 200 });
    expect(JSON.parse((await read("desktop-maintenance"))["paused"] ?? "")).toEqual({
      newer,
      resumed: { reaping: { by: "olga", since: expect.any(String) as string } },
    });
  });
});

/** Sends an event as keycloak-events does. */
async function tell(event: object): Promise<void> {
  const body = JSON.stringify({ id: randomUUID(), realmName: "sde", time: Date.now(), ...event });
  const signature = createHmac("sha256", webhookSecret).update(body).digest("hex");
  const reply = await fetch(`${estate.host.url}/api/keycloak/events`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-keycloak-signature": signature },
    body,
  });
  expect([reply.status, await reply.json()]).toMatchObject([202, { status: "accepted" }]);
  await estate.host.whenIdle();
}
