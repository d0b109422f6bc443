import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type IdentityProvider, startIdentityProvider } from "@stand-in/identity";
import { logoutTokens, type VerifyLogout } from "./logout-token.ts";
import { realmKeys } from "./realm-keys.ts";

let provider: IdentityProvider;
let verify: VerifyLogout;

beforeAll(async () => {
  provider = await startIdentityProvider({ store: ":memory:", audience: "us", clients: [], users: [] });
  const { issuer } = provider;
  const keys = realmKeys({ url: `${issuer}/protocol/openid-connect/certs`, maxAgeMinutes: 60 });
  verify = logoutTokens({ issuer, keys, algorithms: ["RS256"], clockSkewSeconds: 30 }, [
    "guacamole",
    "desktops-portal",
  ]);
});
afterAll(() => provider.close());

const event = "http://schemas.openid.net/event/backchannel-logout";
const claims = {
  aud: "guacamole",
  typ: "Logout",
  azp: undefined,
  preferred_username: undefined,
  sub: "s1",
  sid: "session-1",
  events: { [event]: {} },
};
const sign = (changed: Record<string, unknown> = {}, header: Record<string, unknown> = {}) =>
  provider.signToken({ ...claims, ...changed }, { typ: "logout+jwt", ...header });
const seconds = () => Math.floor(Date.now() / 1_000);

describe("a logout token", () => {
  it("says which person's which session ended, and when", async () => {
    const logout = await verify(await sign({ jti: "j1" }));
    expect(logout).toMatchObject({ id: "j1", subject: "s1", session: "session-1" });
    expect(seconds() - logout.issuedAt.getTime() / 1_000).toBeLessThan(30);
  });

  it.each<[string, Record<string, unknown>, Record<string, unknown>?]>([
    ["a person without a session", { sid: undefined }],
    ["a session without a person", { sub: undefined }],
    ["the portal's client as its audience", { aud: "desktops-portal" }],
    ["other events beside it", { events: { [event]: {}, revoke_offline_access: true } }],
    ["no end, as Keycloak's before 23.0.4", { exp: undefined }],
    ["the plain header of a JWT", {}, { typ: "JWT" }],
    ["no type in its header", {}, { typ: undefined }],
    ["no typ claim", { typ: undefined }],
  ])("may have %s", async (_name, changed, header) => {
    await expect(verify(await sign(changed, header))).resolves.toMatchObject({ id: expect.any(String) as string });
  });

  it.each<[string, () => Record<string, unknown>, Record<string, unknown>?]>([
    ["names nobody", () => ({ sub: undefined, sid: undefined })],
    ["has a nonce, so is an ID token", () => ({ nonce: "n" })],
    ["has an empty nonce", () => ({ nonce: "" })],
    ["has no events", () => ({ events: undefined })],
    ["has events in a list", () => ({ events: [event] })],
    ["has another event", () => ({ events: { "http://schemas.openid.net/event/other": {} } })],
    ["has the event as a text", () => ({ events: { [event]: "yes" } })],
    ["is for another client", () => ({ aud: "us" })],
    ["is for no client", () => ({ aud: [] })],
    ["is of another issuer", () => ({ iss: "http://127.0.0.1:1/realms/sde" })],
    ["has no id", () => ({ jti: undefined })],
    ["has no time of issue", () => ({ iat: undefined })],
    ["has expired", () => ({ exp: seconds() - 31 })],
    ["has no end and is old", () => ({ exp: undefined, iat: seconds() - 151 })],
    ["was issued in the future", () => ({ iat: seconds() + 60 })],
    ["is not yet valid", () => ({ nbf: seconds() + 60 })],
    ["is an access token", () => ({ typ: "Bearer" })],
    ["is an ID token", () => ({ typ: "ID" })],
    ["has an access token's header", () => ({}), { typ: "at+jwt" }],
    ["is not signed", () => ({}), { alg: "none" }],
    ["is signed with the public key as a secret", () => ({}), { alg: "HS256" }],
    ["has a key that nobody knows", () => ({}), { kid: "http://127.0.0.1:1/keys" }],
  ])("is refused when it %s", async (_name, changed, header) => {
    await expect(verify(await sign(changed(), header))).rejects.toMatchObject({ code: "not-authenticated" });
  });

  it("is refused when it is no token", async () => {
    for (const text of ["", "a.b", "a.b.c", "é", "....".repeat(1_000)])
      await expect(verify(text)).rejects.toMatchObject({ code: "not-authenticated" });
  });
});
