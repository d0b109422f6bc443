import { createHmac } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sampleToken } from "../local/token.ts";
import { startTestEstate, type TestEstate, webhookSecret } from "./estate.ts";
import { everything } from "./everything.ts";

let estate: TestEstate;
let alice: string;

beforeAll(async () => {
  estate = await startTestEstate();
  await estate.ask("alice", "asthma-cohort");
  alice = await sampleToken(estate.identity.issuer, "alice");
});
afterAll(() => estate.close());

/** Every path of the product, with braces for the parts that a caller chooses. */
const templates = [
  "users/{}/workspaces",
  "users/{}/desktop",
  "users/{}",
  "operations/{}",
  "desktops",
  "desktops/{}",
  "maintenance",
  "maintenance/adopt",
  "maintenance/doctor",
  "maintenance/reap",
  "maintenance/reconcile",
  "maintenance/end-sessions",
  "keycloak/events",
  "keycloak/backchannel-logout",
  "health/live",
  "health/ready",
  "{}",
];
const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const mediaTypes = [
  "application/json",
  "application/x-www-form-urlencoded",
  "text/plain",
  "",
  "application/json; x=\u00e9",
];

const bytes = fc.uint8Array({ maxLength: 2_000 });
/** Bytes, JSON, and JSON of nearly the right shape, which gets further. */
const bodies = fc.oneof(
  bytes,
  fc.json().map((text) => Buffer.from(text)),
  fc
    .record({ workspace: fc.jsonValue(), claims: fc.jsonValue(), subject: fc.jsonValue() }, { requiredKeys: [] })
    .map((value) => Buffer.from(JSON.stringify(value))),
  fc
    .record({
      id: fc.jsonValue(),
      time: fc.oneof(fc.integer(), fc.jsonValue()),
      realmName: fc.oneof(fc.constant("sde"), fc.jsonValue()),
      type: fc.oneof(fc.constantFrom("access.LOGOUT", "admin.USER-DELETE", "admin.USER-UPDATE"), fc.jsonValue()),
      resourcePath: fc.oneof(fc.string(), fc.jsonValue()),
      authDetails: fc.jsonValue(),
      representation: fc.oneof(fc.json(), fc.jsonValue()),
    })
    .map((value) => Buffer.from(JSON.stringify(value))),
);
const calls = fc.record({
  method: fc.constantFrom(...methods),
  template: fc.constantFrom(...templates),
  part: fc.oneof(fc.string({ unit: "binary", maxLength: 60 }), fc.constantFrom("alice", "bob", "..", "%2e%2e")),
  query: fc.oneof(
    fc.constant(""),
    fc.string({ maxLength: 40 }).map((text) => `?wait=${encodeURIComponent(text)}`),
  ),
  mediaType: fc.constantFrom(...mediaTypes),
  body: bodies,
});
type Sent = typeof calls extends fc.Arbitrary<infer Value> ? Value : never;

function addressOf({ template, part, query }: Sent): string {
  // Half a surrogate pair has no encoding.
  return `${estate.host.url}/api/${template.replace("{}", () => encodeURIComponent(part.toWellFormed()))}${query}`;
}

async function send(sent: Sent, headers: Record<string, string>): Promise<Response> {
  // The URL resolves `..` before it is sent, which can lead out of the product's paths.
  fc.pre(new URL(addressOf(sent)).pathname.startsWith("/api/"));
  const hasBody = !["GET", "HEAD"].includes(sent.method);
  return fetch(addressOf(sent), {
    method: sent.method,
    headers: { ...headers, ...(sent.mediaType === "" ? {} : { "content-type": sent.mediaType.replace("é", "e") }) },
    ...(hasBody ? { body: Buffer.from(sent.body) } : {}),
  });
}

/**
 * The status is between 200 and 499, and an error is a problem with a code. Back-channel logout has its own error
 * format. A zero byte in the path is refused by the Functions host, with an empty body.
 */
async function expectAnswer(response: Response, { method, template, part }: Sent): Promise<void> {
  expect(response.status).toBeGreaterThanOrEqual(200);
  expect(response.status).toBeLessThan(500);
  const text = await response.text();
  if (response.status < 400 || method === "HEAD") return;
  if (template.includes("{}") && part.includes("\0")) {
    expect([response.status, text]).toEqual([400, ""]);
    return;
  }
  // `..` leads out of the API, to where the pages are.
  if (template.includes("{}") && !/^\/api(\/|$)/.test(new URL(response.url).pathname)) {
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    return;
  }
  const body = JSON.parse(text) as { code?: string; error?: string };
  expect(body.code ?? body.error).toMatch(/^[a-z_-]+$/);
}

describe("any bytes to any path", () => {
  it("without valid credentials get a 2xx or 4xx, and change nothing", async () => {
    const before = await everything(estate);
    const proofs = fc.oneof(
      fc.constant({}),
      fc.base64String({ maxLength: 200 }).map((text) => ({ authorization: `Bearer ${text}` })),
      fc.tuple(fc.json(), fc.json(), bytes).map(([head, payload, signature]) => ({
        authorization: `Bearer ${[head, payload, signature].map((part) => Buffer.from(part).toString("base64url")).join(".")}`,
      })),
      fc
        .uint8Array({ minLength: 32, maxLength: 32 })
        .map((digest) => ({ "x-keycloak-signature": Buffer.from(digest).toString("hex") })),
    );
    await fc.assert(
      fc.asyncProperty(calls, proofs, async (sent, headers: Record<string, string>) => {
        await expectAnswer(await send(sent, headers), sent);
      }),
      { numRuns: 1_000 },
    );
    expect(await everything(estate)).toEqual(before);
  });

  it("from a person get a 2xx or 4xx, and change nothing of anybody else", async () => {
    const headers = { authorization: `Bearer ${alice}` };
    await fc.assert(
      fc.asyncProperty(calls, async (sent) => {
        await expectAnswer(await send(sent, headers), sent);
      }),
      { numRuns: 500 },
    );
    expect((await estate.callAsService("GET", "/users/bob/desktop")).body).toMatchObject({ state: "absent" });
  });

  it("signed as events get 202, and the product goes on", async () => {
    await fc.assert(
      fc.asyncProperty(bodies, async (body) => {
        const signature = createHmac("sha256", webhookSecret).update(body).digest("hex");
        const response = await fetch(`${estate.host.url}/api/keycloak/events`, {
          method: "POST",
          headers: { "content-type": "application/json", "x-keycloak-signature": signature },
          body: Buffer.from(body),
        });
        expect(response.status).toBe(202);
      }),
      { numRuns: 500 },
    );
    await estate.host.whenIdle();
    expect(await estate.ask("alice", "asthma-cohort")).toMatchObject({ state: "done" });
  });

  it("as a logout token get 400", async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.string({ unit: "binary" })), async (text) => {
        const form = new URLSearchParams({ logout_token: text.toWellFormed() });
        const response = await fetch(`${estate.host.url}/api/keycloak/backchannel-logout`, {
          method: "POST",
          body: form,
        });
        expect(response.status).toBe(400);
      }),
      { numRuns: 300 },
    );
  });
});
