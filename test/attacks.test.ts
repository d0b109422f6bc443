import { createHmac, randomUUID } from "node:crypto";
import { request } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type IdentityProvider, startIdentityProvider } from "@stand-in/identity";
import { systemClock } from "@stand-in/functions-host";
import { sampleToken } from "../local/token.ts";
import { type Attack, type AttackRow, attacksOn, send as sendTo } from "./attack-rows.ts";
import { startTestEstate, type TestEstate, webhookSecret } from "./estate.ts";
import { everything } from "./everything.ts";
import { subjectOf } from "./keycloak-person.ts";

let estate: TestEstate;
/** Another realm of the same Keycloak: other keys, another issuer. */
let otherRealm: IdentityProvider;
let alice: string;
let aliceSubject: string;
/** One of alice's operations. */
let operation: string;

beforeAll(async () => {
  [estate, otherRealm] = await Promise.all([
    startTestEstate(undefined, {}, systemClock),
    startIdentityProvider({
      store: ":memory:",
      realm: "other",
      audience: "guacamole-workspaces",
      clients: [{ id: "workspace-action", secret: "s", roles: ["desktop-service"] }],
      users: [],
    }),
  ]);
  // Give the attacks something to break: alice has a desktop.
  operation = (await estate.ask("alice", "asthma-cohort")).id;
  alice = await sampleToken(estate.identity.issuer, "alice");
  aliceSubject = await subjectOf(estate, "alice");
});
afterAll(async () => {
  await estate.close();
  await otherRealm.close();
});

const send = (attack: Attack) => sendTo(estate, attack);
const attacks = (rows: AttackRow[]) => {
  attacksOn(() => estate, rows);
};

const seconds = () => Math.floor(Date.now() / 1_000);
const json = { "content-type": "application/json" };

/** Asks to switch alice to her other workspace, with this token. */
const switching = (token: string, path = "users/alice/desktop"): Attack => ({
  method: "PUT",
  path,
  headers: { ...json, authorization: `Bearer ${token}` },
  body: '{"workspace":"cancer-registry"}',
});
/** A call with a token of the login flow, which may act for anybody, with these changes. */
const forged =
  (claims: () => Record<string, unknown>, header: Record<string, unknown> = {}) =>
  async (): Promise<Attack> =>
    switching(await estate.identity.signToken(claims(), header));

describe("access tokens", () => {
  it("of the login flow are accepted unchanged: only the changes below make them fail", async () => {
    const path = "users/alice/workspaces";
    const authorization = `Bearer ${await estate.identity.signToken()}`;
    expect((await send({ method: "GET", path, headers: { authorization } })).status).toBe(200);
  });

  attacks([
    ["no token", 401, () => ({ ...switching(""), headers: json })],
    ["another scheme", 401, () => ({ ...switching(""), headers: { ...json, authorization: `Basic ${alice}` } })],
    ["two tokens in one header", 401, () => switching(`${alice}, Bearer ${alice}`)],
    ["the algorithm none", 401, forged(() => ({}), { alg: "none" })],
    ["the public key as a secret (HS256)", 401, forged(() => ({}), { alg: "HS256" })],
    ["an algorithm that is not accepted", 401, forged(() => ({}), { alg: "RS512" })],
    ["another issuer", 401, forged(() => ({ iss: "http://127.0.0.1:1/realms/sde" }))],
    ["another realm's keys and name", 401, async () => switching(await otherRealm.signToken())],
    [
      "another realm's keys under our realm's name",
      401,
      async () => switching(await otherRealm.signToken({ iss: estate.identity.issuer })),
    ],
    ["another audience", 401, forged(() => ({ aud: "account" }))],
    ["no audience", 401, forged(() => ({ aud: undefined }))],
    ["a client that is not accepted (azp)", 401, forged(() => ({ azp: "wiki" }))],
    ["no client", 401, forged(() => ({ azp: undefined }))],
    ["a token that has expired", 401, forged(() => ({ exp: seconds() - 31 }))],
    ["a token without an expiry", 401, forged(() => ({ exp: undefined }))],
    ["a token that is not yet valid", 401, forged(() => ({ nbf: seconds() + 60 }))],
    ["a token that was issued in the future", 401, forged(() => ({ iat: seconds() + 60 }))],
    ["an unknown key", 401, forged(() => ({}), { kid: "unknown" })],
    ["a key id with a path in it", 401, forged(() => ({}), { kid: "../../../../dev/null" })],
    ["a key id that is a URL", 401, forged(() => ({}), { kid: "http://127.0.0.1:1/keys" })],
    [
      "a header that says where the keys are (jku)",
      401,
      async () =>
        switching(
          await otherRealm.signToken(
            { iss: estate.identity.issuer },
            { jku: `${otherRealm.issuer}/protocol/openid-connect/certs` },
          ),
        ),
    ],
    [
      "a header that says where the certificate is (x5u)",
      401,
      async () =>
        switching(await otherRealm.signToken({ iss: estate.identity.issuer }, { x5u: `${otherRealm.issuer}/x5u` })),
    ],
    ["a header that must be understood (crit)", 401, forged(() => ({}), { crit: ["exp"], exp: 1 })],
    ["no subject", 401, forged(() => ({ sub: undefined }))],
    ["an empty subject", 401, forged(() => ({ sub: "" }))],
    ["no username", 401, forged(() => ({ preferred_username: undefined }))],
    ["an ID token", 401, forged(() => ({ typ: "ID", nonce: "n" }))],
    ["a refresh token", 401, forged(() => ({ typ: "Refresh" }))],
    ["a logout token", 401, forged(() => ({ typ: "Logout" }), { typ: "logout+jwt" })],
    ["a webhook token", 401, forged(() => ({ typ: undefined, azp: undefined, request_body_sha256: "0".repeat(64) }))],
    [
      "roles in a claim that the person controls",
      403,
      forged(() => ({ realm_access: undefined, roles: ["desktop-service"], preferred_username: "eve" })),
    ],
    [
      "roles of another client",
      403,
      forged(() => ({
        realm_access: undefined,
        resource_access: { wiki: { roles: ["desktop-service"] } },
        preferred_username: "eve",
      })),
    ],
    ["another person's username", 403, async () => switching(await sampleToken(estate.identity.issuer, "bob"))],
    ["another person's username in capitals, in the path", 403, () => switching(alice, "users/BOB/desktop")],
    [
      "her username in capitals, in the token of somebody else",
      409,
      forged(() => ({ realm_access: undefined, preferred_username: "Alice" })),
    ],
    ["a look-alike of her username, in the path", 400, () => switching(alice, "users/%D0%B0lice/desktop")],
    [
      "a look-alike of her username, in the token",
      403,
      forged(() => ({ realm_access: undefined, preferred_username: "аlice" })),
    ],
    ["a slash after her username", 400, () => switching(alice, "users/alice%2F..%2Fbob/desktop")],
    ["a slash that is encoded twice", 400, () => switching(alice, "users/alice%252Fbob/desktop")],
    ["a line break after her username", 400, () => switching(alice, "users/alice%0d%0aset-cookie:x/desktop")],
    ["JSON nested 8,000 deep", 400, () => ({ ...switching(alice), body: "[".repeat(8_000) + "]".repeat(8_000) })],
    [
      "keys that would change the prototype of every object",
      400,
      () => ({
        ...switching(alice),
        body: '{"workspace":"cancer-registry","__proto__":{"retire":true},"constructor":{"prototype":{"x":1}}}',
      }),
    ],
    ["a workspace as a list", 400, () => ({ ...switching(alice), body: '{"workspace":["cancer-registry"]}' })],
    ["a body of 10 MB", 413, () => ({ ...switching(alice), body: "x".repeat(10 * 1024 * 1024) })],
    [
      "an operation of somebody else",
      404,
      async () => ({
        method: "GET",
        path: `operations/${operation}`,
        headers: { authorization: `Bearer ${await sampleToken(estate.identity.issuer, "bob")}` },
      }),
    ],
    [
      "the removal of a person, by herself",
      403,
      () => ({ method: "DELETE", path: "users/alice", headers: { authorization: `Bearer ${alice}` } }),
    ],
    [
      "the removal of a person, by the login flow",
      403,
      async () => ({
        method: "DELETE",
        path: "users/alice",
        headers: { authorization: `Bearer ${await estate.identity.signToken()}` },
      }),
    ],
    [
      "a person who got alice's username",
      409,
      async () =>
        switching(
          await estate.identity.signToken({ sub: "another", preferred_username: "alice", realm_access: undefined }),
        ),
    ],
  ]);
});

const event = (changed: object = {}) =>
  JSON.stringify({
    id: randomUUID(),
    time: Date.now(),
    realmName: "sde",
    type: "admin.USER-DELETE",
    resourcePath: `users/${aliceSubject}`,
    ...changed,
  });
const hmac = (body: string | Uint8Array, secret = webhookSecret, algorithm = "sha256") =>
  createHmac(algorithm, secret).update(body).digest("hex");
const webhook = (
  body: string,
  signature: string | undefined = hmac(body),
  headers: Record<string, string> = {},
): Attack => ({
  path: "keycloak/events",
  headers: { ...json, ...(signature === "none" ? {} : { "x-keycloak-signature": signature }), ...headers },
  body,
});
const minutes = 60_000;
const disabling = { type: "admin.USER-UPDATE", representation: '{"enabled":false}' };

describe("events", () => {
  attacks([
    ["no signature", 401, () => webhook(event(), "none")],
    ["an empty signature", 401, () => webhook(event(), "")],
    ["a signature with another secret", 401, () => webhook(event(), hmac(event(), "another secret"))],
    [
      "a SHA-1 signature",
      401,
      () => {
        const body = event();
        return webhook(body, hmac(body, webhookSecret, "sha1"));
      },
    ],
    [
      "a body changed by one byte",
      401,
      () => {
        const body = event();
        return { ...webhook(body), body: body.replace("USER-DELETE", "USER-DELETe") };
      },
    ],
    [
      "a body with an extra space",
      401,
      () => {
        const body = event();
        return { ...webhook(body), body: `${body} ` };
      },
    ],
    ["a signature of the empty body", 401, () => webhook(event(), hmac(""))],
    [
      "a token instead of a signature",
      401,
      async () => webhook(event(), "none", { authorization: `Bearer ${await estate.identity.signToken()}` }),
    ],
    [
      "an administrator's token instead of a signature",
      401,
      async () =>
        webhook(event(), "none", { authorization: `Bearer ${await sampleToken(estate.identity.issuer, "olga")}` }),
    ],
    ["a body of 10 MB", 413, () => ({ ...webhook(event()), body: "x".repeat(10 * 1024 * 1024) })],
    ["another method", 405, () => ({ ...webhook(event()), method: "PUT" })],
    ["an event of another realm, signed", 202, () => webhook(event({ realmName: "master" }))],
    ["an old event, signed", 202, () => webhook(event({ ...disabling, time: Date.now() - 21 * minutes }))],
    ["a future event, signed", 202, () => webhook(event({ ...disabling, time: Date.now() + 21 * minutes }))],
    ["an event of an unknown type, signed", 202, () => webhook(event({ type: "admin.USER-EXPLODE" }))],
    ["an event about nobody, signed", 202, () => webhook(event({ resourcePath: "users/" }))],
    ["JSON nested 100,000 deep, signed", 202, () => webhook("[".repeat(100_000) + "]".repeat(100_000))],
    [
      "keys that would change the prototype of every object, signed",
      202,
      () => webhook(`{"__proto__":{"id":"x","time":${Date.now()},"realmName":"sde","type":"admin.USER-DELETE"}}`),
    ],
    ["a body that is not JSON, signed", 202, () => webhook("{")],
    ["an empty body, signed", 202, () => webhook("")],
    [
      "JSON with another content type, signed",
      415,
      () => webhook(event(), undefined, { "content-type": "text/plain" }),
    ],
    [
      "a header that would add another header",
      401,
      () => webhook(event(), "x", { "x-request-id": "a%0d%0aset-cookie: b" }),
    ],
  ]);

  it("change nothing if they are replayed", async () => {
    const body = event({ type: "access.LOGOUT", resourcePath: undefined, authDetails: { userId: "somebody" } });
    expect(await (await send(webhook(body))).json()).toMatchObject({ status: "accepted" });
    const before = await everything(estate);
    const again = await send(webhook(body));
    expect([again.status, await again.json()]).toMatchObject([202, { status: "duplicate" }]);
    expect(await everything(estate)).toEqual(before);
  });

  it("change nothing if they are replayed after the host died", async () => {
    const body = event({ type: "access.LOGOUT", resourcePath: undefined, authDetails: { userId: "somebody" } });
    await send(webhook(body));
    await estate.restartHost();
    const before = await everything(estate);
    expect(await (await send(webhook(body))).json()).toMatchObject({ status: "duplicate" });
    expect(await everything(estate)).toEqual(before);
  });
});

const logoutEvent = { "http://schemas.openid.net/event/backchannel-logout": {} };
const logoutToken = (changed: Record<string, unknown> = {}, header: Record<string, unknown> = {}) =>
  estate.identity.signToken(
    {
      aud: "guacamole",
      typ: "Logout",
      azp: undefined,
      sub: aliceSubject,
      sid: undefined,
      events: logoutEvent,
      ...changed,
    },
    { typ: "logout+jwt", ...header },
  );
const logout = (token: string, headers: Record<string, string> = {}): Attack => ({
  path: "keycloak/backchannel-logout",
  headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
  body: new URLSearchParams({ logout_token: token }).toString(),
});

describe("back-channel logouts", () => {
  attacks([
    ["no token", 400, () => ({ ...logout(""), body: "" })],
    ["an empty token", 400, () => logout("")],
    ["two tokens", 400, async () => ({ ...logout(""), body: `logout_token=a&logout_token=${await logoutToken()}` })],
    ["JSON", 400, async () => logout(await logoutToken(), json)],
    ["a token with a nonce", 400, async () => logout(await logoutToken({ nonce: "n" }))],
    ["a token without events", 400, async () => logout(await logoutToken({ events: undefined }))],
    ["a token for another client", 400, async () => logout(await logoutToken({ aud: "wiki" }))],
    ["a token of another realm", 400, async () => logout(await otherRealm.signToken({ aud: "guacamole" }))],
    ["a token that names nobody", 400, async () => logout(await logoutToken({ sub: undefined }))],
    ["a token that has expired", 400, async () => logout(await logoutToken({ exp: seconds() - 31 }))],
    ["a token without an id", 400, async () => logout(await logoutToken({ jti: undefined }))],
    ["a token that is not signed", 400, async () => logout(await logoutToken({}, { alg: "none" }))],
    ["her access token", 400, () => logout(alice)],
    ["an ID token", 400, async () => logout(await logoutToken({ typ: "ID", events: undefined }, { typ: "JWT" }))],
    [
      "a webhook token",
      400,
      async () => logout(await logoutToken({ typ: undefined, events: undefined, request_body_sha256: "0".repeat(64) })),
    ],
    ["a body of 10 MB", 413, () => ({ ...logout(""), body: "x".repeat(10 * 1024 * 1024) })],
    ["another method", 405, () => ({ ...logout(""), method: "GET", body: undefined })],
  ]);

  it("are refused and change nothing if they are replayed", async () => {
    const token = await logoutToken({ sub: "somebody" });
    const first = await send(logout(token));
    expect([first.status, await first.text(), first.headers.get("cache-control")]).toEqual([200, "", "no-store"]);
    const before = await everything(estate);
    const again = await send(logout(token));
    expect([again.status, await again.json()]).toMatchObject([400, { error: "invalid_request" }]);
    expect(await everything(estate)).toEqual(before);
  });
});

describe("the Functions host", () => {
  it("refuses a zero byte in the path with 400 and no body, and nothing changes", async () => {
    const before = await everything(estate);
    const response = await send(switching(alice, "users/alice%00/desktop"));
    expect([response.status, await response.text()]).toEqual([400, ""]);
    expect(await everything(estate)).toEqual(before);
  });

  it("joins two Authorization headers with a comma, so that neither counts: 401, and nothing changes", async () => {
    const before = await everything(estate);
    const token = `Bearer ${alice}`;
    const status = await new Promise((resolve, reject) => {
      const address = `${estate.host.url}/api/users/alice/desktop`;
      const twice = request(address, { method: "DELETE" });
      twice.setHeader("authorization", [token, token]);
      twice.on("error", reject);
      twice.on("response", (response) => {
        resolve(response.resume().statusCode);
      });
      twice.end();
    });
    expect(status).toBe(401);
    expect(await everything(estate)).toEqual(before);
  });
});

describe("a slow body", () => {
  it("keeps nobody else waiting, and changes nothing", async () => {
    const before = await everything(estate);
    const sockets = Array.from({ length: 20 }, () => {
      const socket = connect(estate.host.port, "127.0.0.1");
      socket.on("error", () => undefined); // cut at the end of the test
      socket.write(
        `POST /api/keycloak/events HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{"id"`,
      );
      return socket;
    });
    const authorization = `Bearer ${alice}`;
    for (let count = 0; count < 5; count += 1)
      expect((await send({ method: "GET", path: "users/alice/workspaces", headers: { authorization } })).status).toBe(
        200,
      );
    for (const socket of sockets) socket.destroy();
    expect(await everything(estate)).toEqual(before);
  });
});
