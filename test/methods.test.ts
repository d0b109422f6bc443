import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sampleToken } from "../local/token.ts";
import { startTestEstate, type TestEstate } from "./estate.ts";
import { callRaw } from "./raw-http.ts";

let estate: TestEstate;
let alice: string;

beforeAll(async () => {
  estate = await startTestEstate();
  alice = await sampleToken(estate.identity.issuer, "alice");
});
afterAll(() => estate.close());

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];

describe("a method", () => {
  it("that a path does not accept is answered with 405 and the allowed ones", async () => {
    for (const path of new Set(estate.described.map((route) => route.path))) {
      const taken = estate.described.flatMap((route) => (route.path === path ? [route.method] : []));
      const allowed = taken.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]));
      const address = path.replace("{username}", "alice").replace("{id}", "a".repeat(32));
      for (const method of methods.filter((each) => !allowed.includes(each))) {
        const { status, headers, text } = await callRaw(`${estate.host.url}/api/${address}`, method);
        expect([method, path, status, headers["allow"]]).toEqual([method, path, 405, allowed.join(", ")]);
        if (method !== "HEAD") expect(JSON.parse(text)).toMatchObject({ code: "method-not-allowed" });
      }
    }
  });

  it("HEAD is accepted wherever GET is", async () => {
    for (const path of ["health/live", "health/ready", "openapi.json"])
      expect((await callRaw(`${estate.host.url}/api/${path}`, "HEAD")).status).toBe(200);
  });

  it("TRACE is answered without echoing the request", async () => {
    const authorization = `Bearer ${alice}`;
    const { status, text } = await callRaw(`${estate.host.url}/api/health/live`, "TRACE", { authorization });
    expect([status, text.includes(alice)]).toEqual([405, false]);
    expect((await callRaw(`${estate.host.url}/api/nowhere`, "TRACE")).status).toBe(404);
  });
});

describe("a call that is not authenticated", () => {
  const plain = 'Bearer realm="guacamole-workspaces"';
  const invalid = `${plain}, error="invalid_token"`;
  it.each([
    ["no credentials", undefined, plain, "check access token: none given (send Authorization: Bearer <token>)"],
    [
      "another scheme",
      "Basic YWxpY2U6YWxpY2U=",
      plain,
      "check access token: none given: Authorization has another scheme",
    ],
    [
      "a scheme that begins like Bearer",
      "Bearers a.b.c",
      plain,
      "check access token: none given: Authorization has another",
    ],
    ["no token after the scheme", "Bearer", invalid, "check access token: it is not a single JWT"],
    ["a token that is not a JWT", "Bearer x", invalid, "check access token: it is not a single JWT"],
    ["two tokens", "Bearer a.b.c, Bearer a.b.c", invalid, "check access token: it is not a single JWT"],
    [
      "a token with an invalid signature",
      "bearer a.b.c",
      invalid,
      "check access token: its signature or format is not valid",
    ],
  ])("with %s gets a 401 that says so and follows RFC 6750", async (_words, authorization, challenge, detail) => {
    const headers = authorization === undefined ? {} : { authorization };
    const { status, headers: answered, text } = await callRaw(`${estate.host.url}/api/maintenance`, "GET", headers);
    expect([status, answered["www-authenticate"]]).toEqual([401, challenge]);
    expect((JSON.parse(text) as { detail: string }).detail.startsWith(detail)).toBe(true);
  });

  it("gets the same 401 for the reasons in health and for Keycloak's events", async () => {
    const ready = `${estate.host.url}/api/health/ready`;
    const withBasic = await callRaw(ready, "GET", { authorization: "Basic YTpi" });
    expect([withBasic.status, withBasic.headers["www-authenticate"]]).toEqual([401, plain]);
    const events = `${estate.host.url}/api/keycloak/events`;
    const unsigned = await callRaw(events, "POST", { "content-length": "0" });
    expect([unsigned.status, unsigned.headers["www-authenticate"]]).toEqual([401, plain]);
  });
});
