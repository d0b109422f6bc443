import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deploymentName } from "../shared/desktop/names.ts";
import { sampleToken } from "../local/token.ts";
import { keycloakAdmin, startTestEstate, type TestEstate, webhookSecret } from "./estate.ts";
import { endProductSessions } from "./outages.ts";

/** Every call that may be somebody's first, while one of the systems behind the product is away. */
const workspace = "asthma-cohort";
const id = deploymentName({ workspace, username: "alice" });

interface Answer {
  status: number;
  body: Record<string, unknown>;
}

/** The answer while a system is away: what its body must have, after the status. */
type Expected = readonly [status: number, body?: Record<string, unknown>];
const noCluster: Expected = [503, { code: "cluster-unavailable" }];
const unknown = { state: "unknown", reason: expect.stringContaining("database does not answer") as string };
const offering = (one: object) => expect.arrayContaining([expect.objectContaining(one)]) as object[];
const namesDatabase = expect.arrayContaining([expect.stringMatching(/guacamole's database/)]) as string[];

const until = new Date(Date.now() + 3_600_000).toISOString();
const calls: readonly (readonly [
  call: string,
  body: unknown,
  Record<"database" | "cluster" | "directory", Expected>,
])[] = [
  [
    "GET /users/alice/workspaces",
    undefined,
    {
      database: [
        200,
        { workspaces: offering({ workspace, entitled: true, desktop: expect.objectContaining(unknown) as object }) },
      ],
      cluster: noCluster,
      directory: [
        200,
        { workspaces: offering({ workspace, desktop: expect.objectContaining({ state: "ready" }) as object }) },
      ],
    },
  ],
  [
    "GET /users/alice/desktop",
    undefined,
    { database: [200, { workspace, ...unknown }], cluster: noCluster, directory: [200, { state: "ready" }] },
  ],
  [
    "GET /desktops",
    undefined,
    {
      database: [200, { desktops: [{ id, ...unknown }], unanswered: namesDatabase }],
      cluster: noCluster,
      directory: [200, { desktops: [{ id, state: "ready" }], unanswered: [] }],
    },
  ],
  [
    `GET /desktops/${id}`,
    undefined,
    {
      database: [200, { id, ...unknown, connectionId: null, mayBeOpened: null, entitlement: { entitled: true } }],
      cluster: noCluster,
      directory: [200, { id, state: "ready", mayBeOpened: true }],
    },
  ],
  [`POST /desktops/${id}/extend`, { until }, { database: [200, { workspace }], cluster: noCluster, directory: [200] }],
  [
    "GET /operations/OPERATION",
    undefined,
    { database: [200, { state: "done" }], cluster: noCluster, directory: [200] },
  ],
  ["GET /maintenance", undefined, { database: [200], cluster: noCluster, directory: [200] }],
  [
    "POST /maintenance/reap?dryRun=true",
    {},
    {
      database: [200, { due: [], unanswered: namesDatabase }],
      cluster: noCluster,
      directory: [200, { unanswered: [] }],
    },
  ],
  [
    "POST /maintenance/reconcile?dryRun=true",
    {},
    {
      database: [503, { code: "guacamole-unavailable" }],
      cluster: noCluster,
      directory: [200, { unanswered: [expect.stringContaining("Keycloak")] }],
    },
  ],
  ["GET /health/live", undefined, { database: [200], cluster: [200], directory: [200] }],
  [
    "GET /health/ready",
    undefined,
    {
      database: [503, { guacamole: "not ready", kubernetes: "ok", reasons: namesDatabase }],
      cluster: [503, { guacamole: "ok", kubernetes: "not ready" }],
      directory: [200, { guacamole: "ok", kubernetes: "ok" }],
    },
  ],
  ["EVENT", undefined, { database: [202], cluster: [202], directory: [202] }],
  // What is asked for is taken down at once; the work waits.
  [
    "PUT /users/alice/desktop",
    { workspace },
    {
      database: [202, { state: "pending" }],
      cluster: noCluster,
      directory: [200, { state: "done" }],
    },
  ],
  ["DELETE /users/bob/desktop", undefined, { database: [202], cluster: noCluster, directory: [202] }],
  ["DELETE /users/dan", undefined, { database: [202], cluster: noCluster, directory: [202] }],
];

describe.each(["database", "cluster", "directory"] as const)("while the %s is away", (system) => {
  let estate: TestEstate;
  let tokens: Record<string, string>;
  let operation: string;
  const limit = (most: number) => estate.guacamole.query(`ALTER DATABASE guacamole CONNECTION LIMIT ${most}`);

  beforeAll(async () => {
    const settings = { KEYCLOAK_ADMIN_CLIENT: keycloakAdmin.id, KEYCLOAK_ADMIN_SECRET: keycloakAdmin.secret };
    estate = await startTestEstate(undefined, settings);
    const done = await estate.ask("alice", workspace);
    expect(done).toMatchObject({ state: "done" });
    operation = (done as { id: string }).id;
    const { issuer } = estate.identity;
    tokens = { alice: await sampleToken(issuer, "alice"), olga: await sampleToken(issuer, "olga") };
    tokens["bob"] = await sampleToken(issuer, "bob");
    // The keys are known, as they are after any call.
    expect((await send("GET /health/ready", undefined)).status).toBe(200);
    // Nothing works on what is asked for: otherwise the order of the calls would count.
    estate.faults.beforeActivity = () => new Promise(() => undefined);
    if (system === "database") {
      await limit(0);
      await endProductSessions(estate.guacamole);
    }
    if (system === "cluster") await estate.cluster.close();
    if (system === "directory") await estate.identity.close();
  });
  afterAll(async () => {
    if (system === "database") await limit(-1);
    await estate.close();
  });

  async function send(call: string, body: unknown): Promise<Answer> {
    if (call === "EVENT") return sendEvent();
    const [method = "", path = ""] = call.replace("OPERATION", operation).split(" ");
    const who = /users\/(alice|bob)\/desktop/.exec(path)?.[1] ?? (path.startsWith("/operations") ? "alice" : "olga");
    const headers = { authorization: `Bearer ${tokens[method === "GET" ? "olga" : who] ?? ""}` };
    const json = body === undefined ? {} : { "content-type": "application/json" };
    const response = await fetch(`${estate.host.url}/api${path}`, {
      method,
      headers: { ...headers, ...json },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  async function sendEvent(): Promise<Answer> {
    const event = {
      type: "access.LOGOUT",
      uid: `uid-${system}`,
      time: Date.now(),
      realmName: "sde",
      authDetails: { realmId: "sde", userId: "7d0f4a3e-0000-4000-8000-000000000001", username: "alice" },
    };
    const text = JSON.stringify(event);
    const signature = createHmac("sha256", webhookSecret).update(text).digest("hex");
    const response = await fetch(`${estate.host.url}/api/keycloak/events`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-keycloak-signature": signature },
      body: text,
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  it.each(calls)("%s", async (call, body, expected) => {
    const [status, words = {}] = expected[system];
    const answer = await send(call, body);
    expect([answer.status, answer.body]).toMatchObject([status, words]);
  });
});

describe("a database that is stopped until somebody asks for a desktop", () => {
  it("is found out, asked for and waited for by one login", async () => {
    const estate = await startTestEstate();
    const limit = (most: number) => estate.guacamole.query(`ALTER DATABASE guacamole CONNECTION LIMIT ${most}`);
    await limit(0);
    let looks = 0;
    // An activity is tried four times, and the step that needs the database goes on.
    estate.faults.beforeActivity = async ({ name }) => {
      if (name === "observeDesktop" && (looks += 1) === 6) await limit(-1);
    };
    const offered = await estate.callAsService<{ workspaces: object[] }>("GET", "/users/alice/workspaces");
    expect(offered.body.workspaces).toMatchObject(offering({ workspace, entitled: true }));
    const asked = await estate.callAsService("PUT", "/users/alice/desktop", { workspace });
    expect([asked.status, asked.body]).toMatchObject([202, { state: "pending" }]);
    expect(await estate.end("alice", asked.body)).toMatchObject({ state: "done" });
    expect(looks).toBe(6);
    await estate.close();
  });
});
