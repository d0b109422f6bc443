import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { dryRun, reconcile } from "./drift.ts";
import { keycloakAdmin, startTestEstate, type TestEstate } from "./estate.ts";
import { closeSessions, logIn, openSession, presenceOf } from "./keycloak-person.ts";

/** What the product asks of Keycloak's admin API: counted, and unanswered while `isAway`. */
let calls: string[] = [];
let isAway = false;
let proxy: Server;
let estate: TestEstate;

async function passOn(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { url = "", method = "GET", headers } = request;
  if (isAway) return void response.destroy();
  calls.push(url.split("?")[0]?.replace("/admin/realms/sde/", "") ?? "");
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const answer = await fetch(new URL(url, estate.identity.issuer), {
    method,
    headers: {
      authorization: headers.authorization ?? "",
      "content-type": headers["content-type"] ?? "application/json",
    },
    ...(method === "GET" ? {} : { body: Buffer.concat(chunks).toString() }),
  });
  response.writeHead(answer.status, { "content-type": "application/json" });
  response.end(await answer.text());
}

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["Date"], shouldAdvanceTime: true });
  proxy = createServer((request, response) => {
    passOn(request, response).catch(() => response.destroy());
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  estate = await startTestEstate(undefined, {
    KEYCLOAK_ADMIN_URL: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    KEYCLOAK_ADMIN_CLIENT: keycloakAdmin.id,
    KEYCLOAK_ADMIN_SECRET: keycloakAdmin.secret,
  });
  // Keycloak's calls get lost: nobody listens.
  estate.identity.tell({});
});
afterAll(async () => {
  await estate.close();
  proxy.closeAllConnections();
  proxy.close();
  vi.useRealTimers();
});

const minutes = (count: number) => vi.setSystemTime(Date.now() + count * 60_000);
const leaving = async (username: string) => (await presenceOf(estate, username))?.leaving;
const stateOf = async (username: string) =>
  (await estate.callAsService<{ state: string }>("GET", `/users/${username}/desktop`)).body.state;
const ended = async () => (await dryRun(estate)).drifts.filter(({ kind }) => kind === "session-ended");
const endLeaves = async () => {
  await estate.host.trigger("endLeaves");
  await estate.host.whenIdle();
};

describe("a logout of which Keycloak's only call got lost", () => {
  beforeAll(async () => {
    await logIn(estate, "alice", "asthma-cohort");
    expect(await estate.ask("bob", "cancer-registry")).toMatchObject({ state: "done" });
    await openSession(estate, "cancer-registry", "bob");
    minutes(5);
  });

  it("is none as long as the sessions are alive: each person is looked up once, with one token", async () => {
    calls = [];
    expect(await ended()).toEqual([]);
    const looks = calls.filter((path) => /^users\/[^/]+$/.test(path));
    expect([looks.length, new Set(looks).size]).toEqual([2, 2]);
    expect(calls.filter((path) => path.endsWith("/token"))).toHaveLength(1);
    expect(calls).toHaveLength(1 + 2 * 4);
  });

  it("does not count a person's session with the command line as one with Guacamole", async () => {
    expect(await presenceOf(estate, "alice")).toMatchObject({ sessions: [expect.any(String)] });
    expect((await presenceOf(estate, "bob"))?.sessions ?? []).toEqual([]);
  });

  it("changes nothing while the identity provider does not answer", async () => {
    await estate.identity.logOut("alice");
    await estate.identity.logOut("bob");
    isAway = true;
    await reconcile(estate);
    isAway = false;
    expect([await leaving("alice"), await leaving("bob")]).toEqual([undefined, undefined]);
  });

  it("is found by the next reconciliation, but for a person who is connected", async () => {
    expect(await ended()).toEqual([
      {
        kind: "session-ended",
        workspace: "asthma-cohort",
        username: "alice",
        reason: "has no session with Guacamole any more",
      },
    ]);
    await reconcile(estate);
    expect(await leaving("alice")).toMatchObject({ unlessInUse: true });
    expect(await leaving("bob")).toBeUndefined();
    expect(await ended()).toEqual([]);
  });

  it("ends in a suspended desktop after the grace period", async () => {
    minutes(16);
    isAway = true;
    await endLeaves();
    isAway = false;
    expect(await stateOf("alice")).toBe("ready");
    await endLeaves();
    expect([await stateOf("alice"), await stateOf("bob")]).toEqual(["suspended", "in-use"]);
  });

  it("is found later, when the person has closed their connection", async () => {
    await closeSessions(estate, "cancer-registry", "bob");
    await reconcile(estate);
    expect(await leaving("bob")).toMatchObject({ unlessInUse: true });
  });

  it("is forgotten if the person opens a session meanwhile", async () => {
    minutes(1);
    await openSession(estate, "cancer-registry", "bob");
    minutes(16);
    await endLeaves();
    expect([await stateOf("bob"), await leaving("bob")]).toEqual(["in-use", undefined]);
  });
});
