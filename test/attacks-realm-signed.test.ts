import { createHash, createHmac, randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type IdentityProvider, startIdentityProvider } from "@stand-in/identity";
import { systemClock } from "@stand-in/functions-host";
import { sampleToken } from "../local/token.ts";
import { startTestEstate, type TestEstate, webhookSecret } from "./estate.ts";
import { everything } from "./everything.ts";
import { subjectOf } from "./keycloak-person.ts";

const audience = "desktop-events";
let estate: TestEstate;
let otherRealm: IdentityProvider;
let subject: string;

beforeAll(async () => {
  [estate, otherRealm] = await Promise.all([
    startTestEstate(undefined, { KEYCLOAK_WEBHOOK: "bearer", KEYCLOAK_WEBHOOK_AUDIENCE: audience }, systemClock),
    startIdentityProvider({ store: ":memory:", realm: "other", audience, clients: [], users: [] }),
  ]);
  await estate.ask("alice", "asthma-cohort");
  subject = await subjectOf(estate, "alice");
});
afterAll(async () => {
  await estate.close();
  await otherRealm.close();
});

const event = (changed: object = {}) =>
  JSON.stringify({
    id: randomUUID(),
    time: Date.now(),
    realmName: "sde",
    type: "admin.USER-DELETE",
    resourcePath: `users/${subject}`,
    ...changed,
  });
const hashOf = (body: string) => createHash("sha256").update(body).digest("hex");
/** A webhook token as the realm signs it, with these changes. */
const token = (body: string, changed: Record<string, unknown> = {}, by: IdentityProvider = estate.identity) =>
  by.signToken({
    aud: audience,
    typ: undefined,
    azp: undefined,
    sub: undefined,
    preferred_username: undefined,
    request_body_sha256: hashOf(body),
    ...changed,
  });
const send = (body: string, headers: Record<string, string>) =>
  fetch(`${estate.host.url}/api/keycloak/events`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body,
  });

describe("if the realm signs events", () => {
  it.each<[string, (body: string) => Promise<Record<string, string>>]>([
    ["no token", () => Promise.resolve({})],
    [
      "a signature with the secret, which is valid in the other mode",
      (body) =>
        Promise.resolve({ "x-keycloak-signature": createHmac("sha256", webhookSecret).update(body).digest("hex") }),
    ],
    [
      "the person's access token",
      async () => ({ authorization: `Bearer ${await sampleToken(estate.identity.issuer, "alice")}` }),
    ],
    [
      "an administrator's access token",
      async () => ({ authorization: `Bearer ${await sampleToken(estate.identity.issuer, "olga")}` }),
    ],
    [
      "an access token for the webhook's audience",
      async (body) => ({ authorization: `Bearer ${await token(body, { typ: "Bearer", azp: "workspace-action" })}` }),
    ],
    ["an ID token", async (body) => ({ authorization: `Bearer ${await token(body, { typ: "ID", nonce: "n" })}` })],
    ["a logout token", async (body) => ({ authorization: `Bearer ${await token(body, { events: {} })}` })],
    ["a token of another realm", async (body) => ({ authorization: `Bearer ${await token(body, {}, otherRealm)}` })],
    [
      "a token of another realm under our realm's name",
      async (body) => ({ authorization: `Bearer ${await token(body, { iss: estate.identity.issuer }, otherRealm)}` }),
    ],
    ["a token for another body", async () => ({ authorization: `Bearer ${await token(event())}` })],
    ["a token for another audience", async (body) => ({ authorization: `Bearer ${await token(body, { aud: "x" })}` })],
    ["a token that has expired", async (body) => ({ authorization: `Bearer ${await token(body, { exp: 1 })}` })],
  ])("%s is answered with 401 and changes nothing", async (_words, headers) => {
    const before = await everything(estate);
    const body = event();
    expect((await send(body, await headers(body))).status).toBe(401);
    expect(await everything(estate)).toEqual(before);
  });

  it("the same event with a new token, as each attempt has, is a duplicate", async () => {
    const body = event({ type: "access.LOGOUT", resourcePath: undefined, authDetails: { userId: "somebody" } });
    const attempt = async () => (await send(body, { authorization: `Bearer ${await token(body)}` })).json();
    expect(await attempt()).toMatchObject({ status: "accepted" });
    const before = await everything(estate);
    expect(await attempt()).toMatchObject({ status: "duplicate" });
    expect(await everything(estate)).toEqual(before);
  });

  it("a webhook token is not accepted anywhere else", async () => {
    const before = await everything(estate);
    const authorization = `Bearer ${await token("")}`;
    const asked = await fetch(`${estate.host.url}/api/users/alice`, { method: "DELETE", headers: { authorization } });
    const form = new URLSearchParams({ logout_token: await token("", { aud: "guacamole" }) });
    const loggedOut = await fetch(`${estate.host.url}/api/keycloak/backchannel-logout`, { method: "POST", body: form });
    expect([asked.status, loggedOut.status]).toEqual([401, 400]);
    expect(await everything(estate)).toEqual(before);
  });

  it("an event with the realm's token is acted on", async () => {
    const body = event();
    const response = await send(body, { authorization: `Bearer ${await token(body)}` });
    expect([response.status, await response.json()]).toMatchObject([202, { status: "accepted" }]);
    await estate.host.whenIdle();
    const { body: desktop } = await estate.callAsService("GET", "/users/alice/desktop");
    expect(desktop).toMatchObject({ state: "absent" });
  });
});
