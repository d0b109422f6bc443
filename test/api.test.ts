import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { type KubernetesObject, KubernetesObjectApi } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { errorCodes } from "../shared/errors.ts";
import { sampleToken } from "../local/token.ts";
import { namespace, startTestEstate, type TestEstate } from "./estate.ts";

let estate: TestEstate;
let token: string;

beforeAll(async () => {
  estate = await startTestEstate();
  token = await sampleToken(estate.identity.issuer, "alice");
});
afterAll(() => estate.close());

/** Every object with its version, every row and every orchestration. */
async function everything(): Promise<unknown> {
  const api = KubernetesObjectApi.makeApiClient(estate.kubeconfig);
  const { items } = await api.list<KubernetesObject>("v1", "ConfigMap", namespace);
  return {
    ...(await estate.world()),
    requests: items.map(({ metadata }) => `${metadata?.name ?? ""} ${metadata?.resourceVersion ?? ""}`),
    orchestrations: estate.log.filter(({ functionName }) => functionName === "fulfilRequest").length,
  };
}

interface Bad {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
}

const json = { "content-type": "application/json" };
const desktop = "/api/users/alice/desktop";

async function send({ method = "PUT", path = desktop, headers = json, body }: Bad, bearer = token) {
  const response = await fetch(estate.host.url + path, {
    method,
    headers: { authorization: `Bearer ${bearer}`, ...headers },
    ...(body === undefined || method === "GET" ? {} : { body }),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  };
}

describe("bad input", () => {
  it.each<[string, string, Bad, RegExp]>([
    ["no body", "malformed-body", {}, /not JSON/],
    ["a body that is not JSON", "malformed-body", { body: "{" }, /not JSON/],
    ["a body that is not UTF-8", "malformed-body", { body: new Uint8Array([0x22, 0xff, 0x22]) }, /not JSON in UTF-8/],
    ["a body that is not an object", "malformed-body", { body: "[]" }, /object/],
    ["no workspace", "malformed-body", { body: "{}" }, /workspace/],
    ["a workspace that is not a string", "malformed-body", { body: '{"workspace":1}' }, /workspace/],
    [
      "a workspace that is not a name",
      "malformed-body",
      { body: '{"workspace":"A/../b"}' },
      /workspace: it is not a workspace name/,
    ],
    ["an unknown field", "malformed-body", { body: '{"workspace":"asthma-cohort","x":1}' }, /"x"/],
    [
      "another type of body",
      "unsupported-media-type",
      { headers: { "content-type": "text/plain" }, body: "{}" },
      /application\/json/,
    ],
    [
      "a form",
      "unsupported-media-type",
      { headers: { "content-type": "application/x-www-form-urlencoded" }, body: "workspace=a" },
      /application\/json/,
    ],
    [
      "a body that is too large",
      "body-too-large",
      { body: JSON.stringify({ workspace: "a".repeat(270_000) }) },
      /262144 bytes/,
    ],
    [
      "a method that the route does not accept",
      "method-not-allowed",
      { method: "POST", body: "{}" },
      /GET, HEAD, PUT, DELETE/,
    ],
    ["a patch", "method-not-allowed", { method: "PATCH", body: "{}" }, /GET, HEAD, PUT, DELETE/],
    ["a path that no route has", "not-found", { path: "/api/desktop", method: "GET" }, /no route/],
    [
      "a username with a slash",
      "malformed-username",
      { path: "/api/users/a%2Fb/desktop", body: "{}" },
      /ASCII letters/,
    ],
    [
      "a username with a look-alike letter",
      "malformed-username",
      { path: "/api/users/%D0%B0lice/desktop", body: "{}" },
      /ASCII letters/,
    ],
    ["a wait that is not a number", "malformed-parameter", { path: `${desktop}?wait=soon`, body: "{}" }, /wait/],
    ["a wait that is too long", "malformed-parameter", { path: `${desktop}?wait=11`, body: "{}" }, /0 to 10/],
    [
      "somebody else's desktop",
      "not-allowed",
      { path: "/api/users/bob/desktop", body: '{"workspace":"cancer-registry"}' },
      /may not act/,
    ],
    [
      "claims sent by the person",
      "not-allowed",
      { body: '{"workspace":"asthma-cohort","claims":{"groups":["/x"]}}' },
      /only a service/,
    ],
    [
      "a workspace that the person is not bound to",
      "workspace-not-bound",
      { body: '{"workspace":"rare-diseases"}' },
      /no binding to a workspace/,
    ],
    [
      "a workspace that does not exist",
      "workspace-not-bound",
      { body: '{"workspace":"no-such"}' },
      /no binding to a workspace/,
    ],
    [
      "a workspace that has ended",
      "workspace-expired",
      { body: '{"workspace":"flu-season-2023"}' },
      /ended after 2024-04-30/,
    ],
    [
      "an operation that does not exist",
      "not-found",
      { method: "GET", path: `/api/operations/${"a".repeat(32)}.11111111-1111-4111-8111-111111111111` },
      /none with this id/,
    ],
    [
      "an operation id that is not valid",
      "not-found",
      { method: "GET", path: "/api/operations/x" },
      /none with this id/,
    ],
  ])("%s is answered with %s, and changes nothing", async (_words, code, bad, detail) => {
    const before = await everything();
    const reply = await send(bad);
    const [status, title] = errorCodes[code as keyof typeof errorCodes];
    expect(reply.status).toBe(status);
    expect(reply.headers.get("content-type")).toBe("application/problem+json");
    expect(reply.body).toMatchObject({ status, title, code, type: `urn:guacamole-workspaces:${code}` });
    expect(reply.body["detail"]).toMatch(detail);
    expect(await everything()).toEqual(before);
  });

  it.each([
    ["carol", "asthma-cohort", "binding-expired", 403],
    ["dan", "rare-diseases", "workspace-not-yet-available", 403],
    ["olga", "asthma-cohort", "unknown-user", 404],
  ])("%s asking for %s is refused with %s", async (username, workspace, code, status) => {
    const before = await everything();
    const reply = await estate.call(username, "PUT", `/users/${username}/desktop`, { workspace });
    expect(reply).toMatchObject({ status, body: { code } });
    expect(await everything()).toEqual(before);
  });

  it("an invalid token is answered with 401 and how to authenticate", async () => {
    const before = await everything();
    for (const bad of ["", "x", "a.b.c", await estate.identity.signToken({ aud: "them" })]) {
      const reply = await send({ body: '{"workspace":"asthma-cohort"}' }, bad);
      expect(reply.status).toBe(401);
      expect(reply.headers.get("www-authenticate")).toMatch(/^Bearer/);
      expect(reply.body["code"]).toBe("not-authenticated");
    }
    expect(await everything()).toEqual(before);
  });

  it("the answer to a method that is not allowed lists those that are", async () => {
    expect((await send({ method: "POST", body: "{}" })).headers.get("allow")).toBe("GET, HEAD, PUT, DELETE");
  });

  it("somebody else's operation is answered like one that does not exist", async () => {
    const operation = await estate.ask("alice", "asthma-cohort");
    const path = `/operations/${operation.id}`;
    const foreign = await estate.call<Record<string, unknown>>("bob", "GET", path);
    const absent = await estate.call<Record<string, unknown>>("bob", "GET", `${path.slice(0, -1)}0`);
    expect(foreign.status).toBe(404);
    expect({ ...foreign.body, requestId: "" }).toEqual({ ...absent.body, requestId: "" });
    expect(await estate.callAsService("GET", path)).toMatchObject({ status: 200 });
  });

  it("a request that is not HTTP does not stop the host", async () => {
    const socket = connect(estate.host.port, "127.0.0.1");
    socket.end("nonsense\r\n\r\n");
    await new Promise((resolve) => socket.on("close", resolve).resume());
    expect((await fetch(`${estate.host.url}/api/health/live`)).status).toBe(200);
  });
});

describe("the request id", () => {
  it("of the caller is returned; an invalid one is replaced", async () => {
    const get = async (id: string) => {
      const reply = await send({ method: "GET", headers: { "x-request-id": id } });
      return reply.headers.get("x-request-id");
    };
    expect(await get("trace-1.2_3")).toBe("trace-1.2_3");
    expect(await get("a b<script>")).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe("the list of workspaces", () => {
  it("says which workspaces may be used until when, and why others may not", async () => {
    const { status, body } = await estate.call<{ workspaces: unknown[] }>("alice", "GET", "/users/alice/workspaces");
    expect(status).toBe(200);
    expect(body).toMatchObject({
      username: "alice",
      workspaces: [
        {
          workspace: "asthma-cohort",
          displayName: "Asthma cohort",
          entitled: true,
          until: "2099-12-31",
          guacamoleUsername: "asthma-cohort@alice",
          desktop: { state: "ready" },
        },
        { workspace: "cancer-registry", entitled: true, until: "2099-06-30", desktop: { state: "absent" } },
        { workspace: "flu-season-2023", entitled: false, code: "workspace-expired" },
      ],
    });
    expect(body.workspaces).toHaveLength(3);
  });

  it("contains what a person's claims entitle them to", async () => {
    const own = await estate.call("bob", "GET", "/users/bob/workspaces");
    expect(own.body).toMatchObject({ workspaces: [{ workspace: "cancer-registry", entitled: true }] });
    const unknown = await estate.callAsService("GET", "/users/bob/workspaces");
    expect(unknown.body).toMatchObject({ workspaces: [] });
    const sent = await estate.callAsService("POST", "/users/bob/workspaces", {
      claims: { groups: ["/registry/readers"] },
    });
    expect([sent.status, sent.body]).toEqual([200, own.body]);
  });

  it("are not listed by claims that the person sends", async () => {
    const body = { claims: { groups: ["/registry/readers"] } };
    expect(await estate.call("bob", "POST", "/users/bob/workspaces", body)).toMatchObject({ status: 403 });
  });

  it("may be read by an administrator, but not by another person", async () => {
    expect(await estate.call("bob", "GET", "/users/alice/workspaces")).toMatchObject({ status: 403 });
    expect(await estate.call("olga", "GET", "/users/alice/workspaces")).toMatchObject({ status: 200 });
  });
});

describe("a desktop", () => {
  it("is returned with its state, the reason and the link", async () => {
    const { body } = await estate.call("alice", "GET", "/users/alice/desktop");
    expect(body).toMatchObject({
      username: "alice",
      workspace: "asthma-cohort",
      wanted: "asthma-cohort",
      state: "ready",
      reason: "the container is ready and access is granted",
      guacamoleUsername: "asthma-cohort@alice",
    });
    expect(body.url).toMatch(/#\/client\/[\w-]+$/);
  });

  it("that nobody asked for is absent", async () => {
    expect((await estate.call("carol", "GET", "/users/carol/desktop")).body).toMatchObject({ state: "absent" });
  });

  it("of another person may be read by an administrator, but not suspended", async () => {
    expect(await estate.call("olga", "GET", "/users/alice/desktop")).toMatchObject({ status: 200 });
    expect(await estate.call("olga", "DELETE", "/users/alice/desktop")).toMatchObject({ status: 403 });
  });
});

describe("health", () => {
  it("is live and ready, and needs no token", async () => {
    const live = await fetch(`${estate.host.url}/api/health/live`);
    const ready = await fetch(`${estate.host.url}/api/health/ready`);
    expect([live.status, await live.json()]).toEqual([200, { status: "live" }]);
    expect([ready.status, await ready.json()]).toEqual([
      200,
      { status: "ready", kubernetes: "ok", guacamole: "ok", identity: "ok", reaping: "on", activation: "on" },
    ]);
  });
});

describe("secrets", () => {
  it("of a desktop are in its Secret and in Guacamole's parameter, and nowhere else", async () => {
    const { rows } = await estate.guacamole.query<{ value: string }>(
      "SELECT parameter_value AS value FROM guacamole_connection_parameter WHERE parameter_name = 'password'",
    );
    const password = rows[0]?.value ?? "";
    expect(password).toMatch(/^[A-Za-z0-9]{8}$/);
    const said = JSON.stringify(estate.log);
    const api = KubernetesObjectApi.makeApiClient(estate.kubeconfig);
    const objects = [];
    for (const [apiVersion, kind] of [
      ["v1", "ConfigMap"],
      ["v1", "Event"],
      ["v1", "Pod"],
      ["apps/v1", "Deployment"],
      ["xlscsde.nhs.uk/v1", "AnalyticsWorkspaceBinding"],
    ] as const)
      objects.push((await api.list(apiVersion, kind, namespace)).items);
    const encoded = Buffer.from(password).toString("base64");
    for (const text of [said, JSON.stringify(objects), await historyText()])
      for (const form of [password, encoded]) expect(text.includes(form)).toBe(false);
  });
});

/** The task hub's file and its journal, byte for byte: SQLite stores text as it is. */
async function historyText(): Promise<string> {
  const files = [estate.taskHub, `${estate.taskHub}-wal`];
  const text = (await Promise.all(files.map((file) => readFile(file, "latin1").catch(() => "")))).join("\n");
  expect(text).toContain("asthma-cohort");
  return text;
}
