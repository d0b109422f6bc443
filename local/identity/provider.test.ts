import { connect } from "node:net";
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  jwtVerify,
  type JSONWebKeySet,
  type JWTPayload,
} from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startIdentityProvider, type IdentityProvider, type IdentityProviderOptions } from "./provider.ts";

const options: IdentityProviderOptions = {
  store: ":memory:",
  audience: "browser-provisioner-api",
  clients: [
    { id: "keycloak", secret: "s3cret: with % and +", roles: ["operator"] },
    { id: "reader", secret: "other", roles: [] },
    { id: "unfinished", secret: "", roles: ["admin"] },
  ],
  users: [
    { username: "Alice", password: "wonderland", roles: ["researcher"], claims: { groups: ["/ws1"], iss: "forged" } },
    { username: "bob", password: "builder", subject: "00000000-0000-4000-8000-00000000b0b0" },
  ],
};
const cli = "guacamole-workspaces-cli";

const log: string[] = [];
let provider: IdentityProvider;
beforeAll(async () => {
  provider = await startIdentityProvider({ ...options, log: (line) => log.push(line) });
});
afterAll(() => provider.close());

interface TokenAnswer {
  status: number;
  body: { access_token?: string; error?: string; [other: string]: unknown };
}

async function askToken(
  form: string | Record<string, string>,
  headers: Record<string, string> = {},
): Promise<TokenAnswer> {
  const response = await fetch(`${provider.issuer}/protocol/openid-connect/token`, {
    method: "POST",
    body: new URLSearchParams(form),
    headers,
  });
  expect(response.headers.get("cache-control")).toBe("no-store");
  return { status: response.status, body: (await response.json()) as TokenAnswer["body"] };
}

/** Sends raw bytes, and returns everything that comes back until the server closes the connection. */
async function send(text: string): Promise<string> {
  const socket = connect(provider.port, "127.0.0.1");
  socket.end(text);
  let received = "";
  for await (const chunk of socket as AsyncIterable<Buffer>) received += chunk.toString();
  return received;
}

const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString("base64")}` });

/** What our API does with a token: fixed issuer, audience and algorithm, keys by URL. */
async function verify(token: string): Promise<JWTPayload> {
  const keys = createRemoteJWKSet(new URL(`${provider.issuer}/protocol/openid-connect/certs`));
  const { payload } = await jwtVerify(token, keys, {
    issuer: provider.issuer,
    audience: options.audience,
    algorithms: ["RS256"],
    typ: "JWT",
  });
  return payload;
}

describe("a caller with valid credentials", () => {
  test("finds everything from the issuer alone", async () => {
    const response = await fetch(`${provider.issuer}/.well-known/openid-configuration`);
    const found = (await response.json()) as Record<string, unknown>;
    expect(provider.issuer).toBe(`http://127.0.0.1:${provider.port}/realms/sde`);
    expect(found).toMatchObject({
      issuer: provider.issuer,
      jwks_uri: `${provider.issuer}/protocol/openid-connect/certs`,
      token_endpoint: `${provider.issuer}/protocol/openid-connect/token`,
    });
  });

  test("gets, as a client, a token like Keycloak's for its service account", async () => {
    const { status, body } = await askToken({ grant_type: "client_credentials" }, basic("reader:other"));
    expect(status).toBe(200);
    expect(body).toMatchObject({ token_type: "Bearer", expires_in: 300, scope: "profile email" });
    const token = body.access_token ?? "";
    expect(decodeProtectedHeader(token)).toEqual({ alg: "RS256", typ: "JWT", kid: expect.any(String) as string });
    const claims = await verify(token);
    expect(claims).toEqual({
      iss: provider.issuer,
      aud: "browser-provisioner-api",
      sub: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      azp: "reader",
      preferred_username: "service-account-reader",
      email_verified: false,
      typ: "Bearer",
      acr: "1",
      scope: "profile email",
      jti: expect.stringMatching(/^trrtcc:[0-9a-f-]{36}$/) as string,
      iat: expect.any(Number) as number,
      exp: (claims.iat ?? 0) + 300,
    });
  });

  test("gets, as a person, a token with their roles and claims, which cannot replace the issuer's", async () => {
    const form = { grant_type: "password", client_id: cli, username: "ALICE", password: "wonderland" };
    const claims = await verify((await askToken(form)).body.access_token ?? "");
    expect(claims).toMatchObject({
      azp: cli,
      preferred_username: "alice",
      realm_access: { roles: ["researcher"] },
      groups: ["/ws1"],
      typ: "Bearer",
    });
    expect(claims["client_id"]).toBeUndefined();
    const again = await verify((await askToken(form)).body.access_token ?? "");
    expect(again.sub).toBe(claims.sub);
    expect(again.jti).not.toBe(claims.jti);
  });

  test("keeps the subject that was configured", async () => {
    const form = { grant_type: "password", client_id: cli, username: "bob", password: "builder" };
    expect(decodeJwt((await askToken(form)).body.access_token ?? "").sub).toBe("00000000-0000-4000-8000-00000000b0b0");
  });

  test.each([
    ["in the form", { client_id: "keycloak", client_secret: "s3cret: with % and +" }, {}],
    ["in the header, as curl writes it", {}, basic("keycloak:s3cret: with % and +")],
    ["in the header, as RFC 6749 wants it", {}, basic("keycloak:s3cret%3A+with+%25+and+%2B")],
  ])("may give the secret %s", async (_where, form, headers) => {
    const { status, body } = await askToken({ grant_type: "client_credentials", ...form }, headers);
    expect(status).toBe(200);
    expect(decodeJwt(body.access_token ?? "")).toMatchObject({
      azp: "keycloak",
      realm_access: { roles: ["operator"] },
    });
  });
});

describe("anybody else is refused", () => {
  const password = { grant_type: "password", client_id: cli };
  test.each<[string, string | Record<string, string>, Record<string, string>, number, string]>([
    ["without a grant type", {}, {}, 400, "invalid_request"],
    ["with a parameter twice", "grant_type=password&grant_type=client_credentials", {}, 400, "invalid_request"],
    [
      "with a grant that is not offered",
      { grant_type: "urn:ietf:params:oauth:grant-type:device_code", client_id: cli },
      {},
      400,
      "unsupported_grant_type",
    ],
    ["without a client", { grant_type: "client_credentials" }, {}, 401, "invalid_client"],
    ["with a wrong secret", { grant_type: "client_credentials" }, basic("reader:wrong"), 401, "unauthorized_client"],
    [
      "with another client's secret",
      { grant_type: "client_credentials" },
      basic("keycloak:other"),
      401,
      "unauthorized_client",
    ],
    ["without the secret", { grant_type: "client_credentials", client_id: "reader" }, {}, 401, "unauthorized_client"],
    [
      "as a client whose secret was never set",
      { grant_type: "client_credentials", client_id: "unfinished" },
      {},
      401,
      "unauthorized_client",
    ],
    [
      "with a scheme other than Basic",
      { grant_type: "client_credentials" },
      { authorization: "Bearer x" },
      401,
      "invalid_client",
    ],
    [
      "with Basic credentials that are not base64",
      { grant_type: "client_credentials" },
      { authorization: "Basic %%%" },
      401,
      "invalid_client",
    ],
    [
      "with Basic credentials without a colon",
      { grant_type: "client_credentials" },
      basic("reader"),
      401,
      "invalid_client",
    ],
    [
      "as the public client, for a token of its own",
      { grant_type: "client_credentials", client_id: cli },
      {},
      401,
      "unauthorized_client",
    ],
    [
      "as a person through a confidential client",
      { ...password, username: "bob", password: "builder" },
      basic("reader:other"),
      400,
      "unauthorized_client",
    ],
    ["without a username", password, {}, 401, "invalid_request"],
    ["with a wrong password", { ...password, username: "bob", password: "wonderland" }, {}, 400, "invalid_grant"],
    ["without a password", { ...password, username: "bob" }, {}, 400, "invalid_grant"],
    ["as an unknown person", { ...password, username: "carol", password: "builder" }, {}, 400, "invalid_grant"],
  ])("%s", async (_how, form, headers, status, error) => {
    const answer = await askToken(form, headers);
    expect(answer).toMatchObject({ status, body: { error } });
    expect(answer.body.access_token).toBeUndefined();
  });

  test.each([
    ["GET", "/protocol/openid-connect/token", 405],
    ["POST", "/protocol/openid-connect/certs", 405],
    ["GET", "/protocol/openid-connect/userinfo", 404],
    ["GET", "/../other/.well-known/openid-configuration", 404],
    ["GET", "/%ff", 404],
  ])("with %s %s: %i", async (method, path, status) => {
    expect((await fetch(provider.issuer + path, { method })).status).toBe(status);
  });

  const tokenPath = "/realms/sde/protocol/openid-connect/token";
  const certsPath = "/realms/sde/protocol/openid-connect/certs";
  const isForm = "content-type: application/x-www-form-urlencoded\r\n";
  test.each([
    ["a body that is too large", `POST ${tokenPath}`, isForm, "x".repeat(1e6), 413],
    ["a body that is not a form", `POST ${tokenPath}`, "content-type: application/json\r\n", "{}", 415],
    ["a large body where none belongs", `POST ${certsPath}`, isForm, "x".repeat(1e6), 405],
    ["a path that is not a URL", "GET //%zz?x", "", "", 404],
  ])("with %s, and the next request of the connection is answered", async (_what, line, headers, body, status) => {
    const length = `content-length: ${body.length}\r\n`;
    const first = `${line} HTTP/1.1\r\nhost: localhost\r\n${headers}${length}\r\n${body}`;
    const next = `GET ${certsPath} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`;
    const answers = (await send(first + next)).match(/HTTP\/1\.1 \d+/g);
    expect(answers).toEqual([`HTTP/1.1 ${status}`, "HTTP/1.1 200"]);
  });

  test("with bytes that are not HTTP", async () => {
    expect(await send("hello\r\n\r\n")).toContain("HTTP/1.1 400");
  });

  test("with a truncated form, and the server keeps running", async () => {
    const headers = `POST ${tokenPath} HTTP/1.1\r\nhost: localhost\r\n${isForm}content-length: 100\r\n\r\n`;
    await send(`${headers}grant_type=`);
    expect((await askToken({ grant_type: "client_credentials" }, basic("reader:other"))).status).toBe(200);
  });

  test("and no secret or token is logged", () => {
    const everything = log.join("\n");
    expect(everything).toContain("issued a token to service-account-reader");
    expect(everything).toContain("refused a token: invalid_grant");
    expect(everything).not.toMatch(/s3cret|other|wonderland|builder|eyJ/);
  });
});

describe("tokens made for tests", () => {
  test("are the first client's, and valid by default", async () => {
    expect(await verify(await provider.signToken())).toMatchObject({
      azp: "keycloak",
      realm_access: { roles: ["operator"] },
    });
  });

  test("carry added claims and headers, and lack removed ones", async () => {
    const token = await provider.signToken(
      { sub: "x", nonce: "n", azp: undefined },
      { typ: "logout+jwt", kid: undefined },
    );
    expect(decodeProtectedHeader(token)).toEqual({ alg: "RS256", typ: "logout+jwt" });
    expect(decodeJwt(token)).toMatchObject({ sub: "x", nonce: "n" });
    expect(decodeJwt(token)).not.toHaveProperty("azp");
  });

  test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ["expired", { exp: 1 }, {}],
    ["for another audience", { aud: "account" }, {}],
    ["from another issuer", { iss: "http://127.0.0.1/realms/other" }, {}],
    ["unsigned", {}, { alg: "none" }],
    ["signed with the public key as a secret", {}, { alg: "HS256" }],
    ["signed with another algorithm", {}, { alg: "RS512" }],
    ["signed with an unknown key", {}, { kid: "unknown" }],
  ])("are refused by a verifier if %s", async (_how, claims, header) => {
    const [wrong] = Object.keys({ ...claims, ...header });
    const reason = wrong === "kid" ? "no applicable key" : `"${wrong}"`;
    await expect(verify(await provider.signToken(claims, header))).rejects.toThrow(reason);
  });

  test("have a correct signature of the other algorithm, so that only the algorithm is wrong", async () => {
    const response = await fetch(`${provider.issuer}/protocol/openid-connect/certs`);
    const { keys } = (await response.json()) as JSONWebKeySet;
    const otherwise = createLocalJWKSet({ keys: keys.map((key) => ({ ...key, alg: "RS512" })) });
    await jwtVerify(await provider.signToken({}, { alg: "RS512" }), otherwise);
  });

  test("cannot be signed with an unknown algorithm", async () => {
    await expect(provider.signToken({}, { alg: "ROT13" })).rejects.toThrow("no such algorithm: ROT13");
  });
});
