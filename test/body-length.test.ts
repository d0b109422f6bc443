import { createHmac, randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sampleToken } from "../local/token.ts";
import { startTestEstate, type TestEstate, webhookSecret } from "./estate.ts";
import { everything } from "./everything.ts";
import { exchange, lastStatus } from "./raw-http.ts";

/** A body needs a Content-Length, because the Functions host drops a body without one (docs/adr/0012). */
let estate: TestEstate;
let alice: string;

beforeAll(async () => {
  estate = await startTestEstate();
  alice = await sampleToken(estate.identity.issuer, "alice");
});
afterAll(() => estate.close());

const message = (first: string, headers: readonly string[], body: string) =>
  [`${first} HTTP/1.1`, "Host: 127.0.0.1", "Connection: close", ...headers, "", body].join("\r\n");
const chunked = (body: string) => `${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n0\r\n\r\n`;
const length = (body: string) => `Content-Length: ${Buffer.byteLength(body)}`;

const wish = '{"workspace":"asthma-cohort"}';
const put = (headers: readonly string[], body: string) =>
  message(
    "PUT /api/users/alice/desktop",
    [`Authorization: Bearer ${alice}`, "Content-Type: application/json", ...headers],
    body,
  );
const event = (type = "admin.USER-EXPLODE") =>
  JSON.stringify({ id: randomUUID(), time: Date.now(), realmName: "sde", type });
const webhook = (body: string, headers: readonly string[], sent: string) =>
  message(
    "POST /api/keycloak/events",
    [
      "Content-Type: application/json",
      `X-Keycloak-Signature: ${createHmac("sha256", webhookSecret).update(body).digest("hex")}`,
      ...headers,
    ],
    sent,
  );
const form = "logout_token=a.b.c";
const logout = (headers: readonly string[], body: string) =>
  message(
    "POST /api/keycloak/backchannel-logout",
    ["Content-Type: application/x-www-form-urlencoded", ...headers],
    body,
  );

describe("a body without Content-Length", () => {
  const withoutLength: [string, () => string][] = [
    ["a request in chunks", () => put(["Transfer-Encoding: chunked"], chunked(wish))],
    [
      "a request in chunks after 100-continue",
      () => put(["Expect: 100-continue", "Transfer-Encoding: chunked"], chunked(wish)),
    ],
    ["a request after 100-continue without a length", () => put(["Expect: 100-continue"], "")],
    ["a request whose body never comes", () => put([], "")],
    ["an event in chunks", () => webhook(event(), ["Transfer-Encoding: chunked"], chunked(event()))],
    ["an event whose body never comes", () => webhook("", [], "")],
    ["a logout in chunks", () => logout(["Transfer-Encoding: chunked"], chunked(form))],
    ["a logout whose body never comes", () => logout([], "")],
  ];
  it.each(withoutLength)("is refused with 411, which says what to send: %s", async (_words, sent) => {
    const before = await everything(estate);
    const answer = await exchange(estate.host.port, sent());
    expect(lastStatus(answer)).toBe(411);
    expect(answer).toContain('"code":"length-required"');
    expect(answer).toMatch(/send Content-Length and no Transfer-Encoding/);
    expect(await everything(estate)).toEqual(before);
  });

  it("is accepted if no body is needed", async () => {
    const authorization = `Authorization: Bearer ${alice}`;
    const get = message("GET /api/users/alice/desktop", [authorization], "");
    expect(lastStatus(await exchange(estate.host.port, get))).toBe(200);
    const remove = message("DELETE /api/users/alice/desktop", [authorization], "");
    expect(lastStatus(await exchange(estate.host.port, remove))).toBe(202);
    await estate.host.whenIdle();
    const admin = `Authorization: Bearer ${await sampleToken(estate.identity.issuer, "olga")}`;
    const reap = message("POST /api/maintenance/reap?dryRun=true", [admin], "");
    expect(lastStatus(await exchange(estate.host.port, reap))).toBe(200);
  });

  it("is reported only to authenticated callers", async () => {
    const refused = put(["Transfer-Encoding: chunked"], chunked(wish)).replace(/Bearer .*/, "Bearer x");
    expect(lastStatus(await exchange(estate.host.port, refused))).toBe(401);
  });
});

describe("a body with Content-Length", () => {
  it("is accepted, also after 100-continue", async () => {
    const answer = await exchange(estate.host.port, put(["Expect: 100-continue", length(wish)], wish));
    expect([lastStatus(answer), answer.slice(0, 12)]).toEqual([202, "HTTP/1.1 100"]);
    await estate.host.whenIdle();
    const signed = event();
    expect(lastStatus(await exchange(estate.host.port, webhook(signed, [length(signed)], signed)))).toBe(202);
  });
});
