import { CoreV1Api } from "@kubernetes/client-node";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { nameDesktop } from "../shared/desktop/names.ts";
import { accepted, namespace, startTestEstate, type TestEstate } from "./estate.ts";
import { account, activeConnections, type Answer, type FakeGuacamole, startFakeGuacamole } from "./guacamole-rest.ts";
import { closeSessions, openSession } from "./keycloak-person.ts";
import { sampleRules } from "./sample-plan.ts";
import { edit } from "./seeded-drift.ts";

/** What Guacamole itself and its pods report about sessions, and what it does to them when we ask. */
let estate: TestEstate;
let guacamole: FakeGuacamole;
let answers = true;
/** What happened, in order. */
let events: string[] = [];
const asthma = "asthma-cohort";
const minutes = (count: number) => vi.setSystemTime(Date.now() + count * 60_000);
const shown = async () => (await estate.callAsService<Record<string, unknown>>("GET", "/users/alice/desktop")).body;

async function reap(): Promise<void> {
  await estate.host.trigger("reapTimer");
  await estate.host.whenIdle();
}

/** Alice opens her desktop: there is a row, and a tunnel that began at the same instant. */
async function connect(): Promise<void> {
  await openSession(estate, asthma, "alice");
  const { rows } = await estate.guacamole.query<{ connection_id: number; start_date: Date }>(
    "SELECT connection_id, start_date FROM guacamole_connection_history ORDER BY history_id DESC LIMIT 1",
  );
  const [row] = rows;
  if (!row) throw new Error("open a session: there is no row");
  guacamole.addTunnel({
    connectionIdentifier: String(row.connection_id),
    startDate: row.start_date.getTime(),
    username: `${asthma}@alice`,
  });
}

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["Date"], shouldAdvanceTime: true });
  guacamole = await startFakeGuacamole({
    instead: {
      get [activeConnections](): Answer | undefined {
        return answers ? undefined : (response) => response.writeHead(502).end();
      },
    },
    async onRemoved({ connectionIdentifier, startDate }) {
      events.push("tunnel ended");
      await estate.guacamole.query(
        "UPDATE guacamole_connection_history SET end_date = $3 WHERE connection_id = $1 AND start_date = $2",
        [connectionIdentifier, new Date(startDate ?? 0), new Date()],
      );
    },
  });
  estate = await startTestEstate(undefined, {
    GUACAMOLE_API_URLS: guacamole.url,
    GUACAMOLE_API_USERNAME: account.username,
    GUACAMOLE_API_PASSWORD: account.password,
    GUACAMOLE_LABELS: "app=guacamole",
  });
});
afterAll(async () => {
  await estate.close();
  expect(guacamole.sessions).toEqual(new Set());
  await guacamole.close();
  vi.useRealTimers();
});
beforeEach(async () => {
  answers = true;
  guacamole.restart();
  await estate.ask("alice", null);
  await estate.guacamole.query("DELETE FROM guacamole_connection_history");
  minutes(24 * 60);
  expect(await estate.ask("alice", asthma)).toMatchObject({ state: "done" });
  events = [];
  estate.faults.beforeActivity = ({ name }) => void events.push(name);
});

describe("a session that the history leaves open", () => {
  // Measured on 1.6.0 in November 2026: the tab comes back about 15 seconds after the kill, with a new row.
  it("does not make the one that took its place look older", async () => {
    await connect();
    minutes(30);
    guacamole.restart();
    minutes(1);
    const cameBack = new Date().toISOString();
    await connect();
    minutes(10);
    const { since } = (await shown()) as { since: string };
    expect(since >= cameBack).toBe(true);
    await closeSessions(estate, asthma, "alice");
  });

  it("counts as long as Guacamole has the connection, and then as ended when that was first noticed", async () => {
    await connect();
    minutes(180);
    await reap();
    expect(await shown()).toMatchObject({ state: "in-use" });
    guacamole.restart();
    minutes(5);
    await reap();
    expect(await shown()).toMatchObject({ state: "idle" });
    minutes(58);
    await reap();
    expect(await shown()).toMatchObject({ state: "idle" });
    minutes(3);
    await reap();
    expect(await shown()).toMatchObject({ state: "suspended" });
    await closeSessions(estate, asthma, "alice");
  });

  it("keeps the desktop while Guacamole does not answer", async () => {
    await connect();
    answers = false;
    minutes(300);
    await reap();
    expect(await shown()).toMatchObject({
      state: "ready",
      decision: {
        action: "keep",
        rule: "unknown",
        reason: "kept in doubt: Guacamole's list of connections cannot be read",
      },
    });
    await closeSessions(estate, asthma, "alice");
  });

  it("has ended if every instance of Guacamole was started since", async () => {
    await connect();
    minutes(30);
    const core = estate.kubeconfig.makeApiClient(CoreV1Api);
    const containers = [{ name: "guacamole", image: "example.org/guacamole:1.6.0" }];
    const metadata = { name: "guacamole-0", labels: { app: "guacamole" } };
    await core.createNamespacedPod({ namespace, body: { metadata, spec: { containers } } });
    const ready = async () => (await core.readNamespacedPod({ name: "guacamole-0", namespace })).status?.phase;
    await expect.poll(ready).toBe("Running");
    guacamole.restart();
    await reap();
    expect(await shown()).toMatchObject({
      state: "idle",
      decision: { evidence: { what: "a session ended at the latest" } },
    });
    minutes(61);
    await reap();
    expect(await shown()).toMatchObject({ state: "suspended" });
    await closeSessions(estate, asthma, "alice");
  });
});

describe("a desktop that goes down with a session open", () => {
  const order = (...names: string[]) => events.filter((each) => names.includes(each));

  it("has its tunnel ended after access is withdrawn, and before the container stops", async () => {
    await connect();
    await estate.ask("alice", null);
    expect(order("withdrawPermission", "tunnel ended", "scaleToZero")).toEqual([
      "withdrawPermission",
      "tunnel ended",
      "scaleToZero",
    ]);
    expect(guacamole.tunnels).toEqual({});
  });

  it("has it ended by end-sessions, and by a retirement, too", async () => {
    await connect();
    accepted(
      await estate.call("olga", "POST", "/maintenance/end-sessions", { workspace: asthma, reason: "an upgrade" }),
    );
    await estate.host.whenIdle();
    expect(order("tunnel ended", "scaleToZero")).toEqual(["tunnel ended", "scaleToZero"]);
    expect(await estate.ask("alice", asthma)).toMatchObject({ state: "done" });
    await connect();
    events = [];
    accepted(await estate.call("olga", "DELETE", "/users/alice"));
    await estate.host.whenIdle();
    expect(order("withdrawPermission", "tunnel ended", "retireDeployment")).toEqual([
      "withdrawPermission",
      "tunnel ended",
      "retireDeployment",
    ]);
  });

  it("leaves the tunnels of others alone", async () => {
    expect(await estate.ask("bob", "cancer-registry")).toMatchObject({ state: "done" });
    await connect();
    guacamole.addTunnel({ connectionIdentifier: "4711", startDate: Date.now(), username: "guacadmin" });
    await estate.ask("bob", null);
    expect(Object.keys(guacamole.tunnels)).toHaveLength(2);
    await estate.ask("alice", null);
    expect(Object.values(guacamole.tunnels)).toMatchObject([{ username: "guacadmin" }]);
  });

  it("goes down all the same if Guacamole does not answer, and the log says so", async () => {
    await connect();
    answers = false;
    await estate.ask("alice", null);
    expect(await shown()).toMatchObject({ state: "suspended" });
    expect(estate.log.map(({ message }) => message).join("\n")).toContain(
      `end the sessions of alice in ${asthma}: ask ${guacamole.url} which connections are active: it answered 502`,
    );
  });
});

// Nobody knows which password the container has, and its person can still connect with the one that Guacamole holds.
it("a desktop whose Secret was edited keeps its connection while somebody is connected, and goes when nobody is", async () => {
  const password = async () => {
    const statement =
      "SELECT connection_id, parameter_value FROM guacamole_connection_parameter WHERE parameter_name = 'password' ORDER BY 1";
    return (await estate.guacamole.query<Record<string, unknown>>(statement)).rows;
  };
  const reconcile = async () => {
    await estate.host.trigger("reconcileTimer");
    await estate.host.whenIdle();
  };
  await connect();
  const before = await password();
  const name = nameDesktop({ workspace: asthma, username: "alice" }, sampleRules).secret;
  const secret = { apiVersion: "v1", kind: "Secret", metadata: { name, namespace } };
  await edit(estate, { ...secret, data: { password: "Y2hhbmdlZCE=" } });
  await reconcile();
  expect(await shown()).toMatchObject({ state: "in-use" });
  expect(await password()).toEqual(before);
  minutes(1);
  await closeSessions(estate, asthma, "alice");
  guacamole.restart();
  await reconcile();
  expect(await shown()).toMatchObject({ state: "suspended" });
});

it("all questions are asked with one login", async () => {
  const before = guacamole.tokens.length;
  await connect();
  await reap();
  await shown();
  await estate.ask("alice", null);
  expect(guacamole.calls.filter((call) => call === activeConnections).length).toBeGreaterThan(2);
  expect(guacamole.tokens.length - before).toBe(1);
});
