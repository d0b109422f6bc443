import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { CoreV1Api } from "@kubernetes/client-node";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { namespace, startTestEstate, type TestEstate } from "./estate.ts";
import { closeSessions, openSession } from "./keycloak-person.ts";

/** What Guacamole itself and its pods report about sessions that the history leaves open. */
let estate: TestEstate;
let guacamole: Server;
/** The connections that Guacamole reports as active; null if it does not answer. */
let active: number[] | null = [];
const asthma = "asthma-cohort";
const minutes = (count: number) => vi.setSystemTime(Date.now() + count * 60_000);
const shown = async () => (await estate.callAsService<Record<string, unknown>>("GET", "/users/alice/desktop")).body;

async function reap(): Promise<void> {
  await estate.host.trigger("reapTimer");
  await estate.host.whenIdle();
}

async function connectionId(): Promise<number> {
  const { rows } = await estate.guacamole.query<{ connection_id: number }>(
    "SELECT connection_id FROM guacamole_connection WHERE connection_name = 'alice'",
  );
  return rows[0]?.connection_id ?? 0;
}

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["Date"], shouldAdvanceTime: true });
  guacamole = createServer((request, response) => {
    if (active === null) {
      response.writeHead(502).end();
      return;
    }
    const path = request.url ?? "";
    const answer = path.endsWith("/tokens")
      ? { authToken: "a-token", dataSource: "postgresql" }
      : path.endsWith("/effectivePermissions")
        ? { systemPermissions: ["ADMINISTER"] }
        : Object.fromEntries(active.map((id) => [`uuid-${id}`, { connectionIdentifier: String(id) }]));
    response.setHeader("content-type", "application/json");
    response.end(request.method === "DELETE" ? undefined : JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => guacamole.listen(0, "127.0.0.1", resolve));
  const { port } = guacamole.address() as AddressInfo;
  estate = await startTestEstate(undefined, {
    GUACAMOLE_API_URLS: `http://127.0.0.1:${port}/guacamole`,
    GUACAMOLE_API_USERNAME: "reader",
    GUACAMOLE_API_PASSWORD: "a password of the tests",
    GUACAMOLE_LABELS: "app=guacamole",
  });
});
afterAll(async () => {
  await estate.close();
  guacamole.close();
  vi.useRealTimers();
});
beforeEach(async () => {
  active = [];
  await estate.ask("alice", null);
  minutes(24 * 60);
  expect(await estate.ask("alice", asthma)).toMatchObject({ state: "done" });
});

describe("a session that the history leaves open", () => {
  it("counts as long as Guacamole has the connection, and then as ended when that was first noticed", async () => {
    await openSession(estate, asthma, "alice");
    active = [await connectionId()];
    minutes(180);
    await reap();
    expect(await shown()).toMatchObject({ state: "in-use" });
    active = []; // its process died
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
    await openSession(estate, asthma, "alice");
    active = null;
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
    await openSession(estate, asthma, "alice");
    active = [await connectionId()];
    minutes(30);
    const core = estate.kubeconfig.makeApiClient(CoreV1Api);
    const containers = [{ name: "guacamole", image: "example.org/guacamole:1.6.0" }];
    const metadata = { name: "guacamole-0", labels: { app: "guacamole" } };
    await core.createNamespacedPod({ namespace, body: { metadata, spec: { containers } } });
    const ready = async () => (await core.readNamespacedPod({ name: "guacamole-0", namespace })).status?.phase;
    await expect.poll(ready).toBe("Running");
    active = [];
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
