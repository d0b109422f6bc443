import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Browser } from "@stand-in/identity/browser";
import { type IdentityProvider, startIdentityProvider } from "@stand-in/identity";
import { accessTokens, type VerifyToken } from "./access-token.ts";
import type { Realm } from "./realm.ts";
import { realmKeys } from "./realm-keys.ts";

let provider: IdentityProvider;
let realm: Realm;
const ours = { audience: "us", clients: ["action"] };
let verify: VerifyToken;
const keysAt = (url: string) => realmKeys({ url, maxAgeMinutes: 60 });

beforeAll(async () => {
  provider = await startIdentityProvider({
    store: ":memory:",
    audience: "us",
    clients: [{ id: "action", secret: "s", roles: ["desktop-service"] }],
    users: [{ username: "olga", password: "o", roles: ["desktop-admin", "uma_authorization"] }],
    browserClients: [
      {
        ...{ id: "desktops-portal", flow: "code", scopes: ["profile"], roles: ["desktop-admin"], webOrigins: [] },
        ...{ redirectUris: ["http://127.0.0.1:7071/"], postLogoutRedirectUris: [] },
      },
    ],
  });
  realm = {
    issuer: provider.issuer,
    keys: keysAt(`${provider.issuer}/protocol/openid-connect/certs`),
    algorithms: ["RS256"],
    clockSkewSeconds: 30,
  };
  verify = accessTokens(realm, ours);
});
afterAll(() => provider.close());

const now = () => Math.floor(Date.now() / 1_000);

describe("an access token", () => {
  it("proves who calls, in which roles", async () => {
    const token = await provider.signToken({
      sub: "s1",
      preferred_username: "alice",
      realm_access: { roles: ["a"] },
      resource_access: { us: { roles: ["b"] }, others: { roles: ["c"] } },
      groups: ["/g"],
    });
    const principal = await verify(`Bearer ${token}`);
    expect(principal).toMatchObject({ subject: "s1", username: "alice", claims: { groups: ["/g"] } });
    expect([...principal.roles].sort()).toEqual(["a", "b"]);
  });

  it.each<[string, string, Record<string, unknown>, Record<string, unknown>?]>([
    ["of another issuer", "its claim iss is not accepted", { iss: "http://elsewhere" }],
    ["for another audience", "its claim aud is not accepted", { aud: "them" }],
    ["for no audience", "its claim aud is not accepted", { aud: undefined }],
    ["of a client that is not accepted", "its client is not accepted", { azp: "other" }],
    ["that has expired", "it has expired", { exp: now() - 60 }],
    ["that never expires", "its claim exp is not accepted", { exp: undefined }],
    ["that is not valid yet", "its claim nbf is not accepted", { nbf: now() + 300 }],
    ["without a subject", "its claim sub is not accepted", { sub: undefined }],
    ["without a username", "it is not one of our access tokens", { preferred_username: undefined }],
    ["that is an ID token", "it is not one of our access tokens", { typ: "ID" }],
    ["that is a logout token", "it is another kind of token", { typ: "Logout" }, { typ: "logout+jwt" }],
    ["without a signature", "it is not a single JWT (send it whole, as the issuer gave it)", {}, { alg: "none" }],
    ["signed with the public key as a secret", "its signature or format is not valid", {}, { alg: "HS256" }],
    ["with an algorithm that is not accepted", "its signature or format is not valid", {}, { alg: "RS512" }],
    ["with an unknown key", "its signature or format is not valid", {}, { kid: "unknown" }],
  ])("%s is refused: %s", async (_words, reason, claims, header) => {
    const token = await provider.signToken(claims, header);
    await expect(verify(`Bearer ${token}`)).rejects.toMatchObject({
      code: "not-authenticated",
      message: `check access token: ${reason}`,
    });
  });

  it("of the portal proves the person, and of their roles those that the portal may have", async () => {
    const portal = "http://127.0.0.1:7071/";
    const verifier = "v".repeat(43);
    const challenge = createHash("sha256").update(verifier).digest("base64url");
    const request = { client_id: "desktops-portal", redirect_uri: portal, response_type: "code", scope: "openid" };
    const query = new URLSearchParams({ ...request, code_challenge: challenge, code_challenge_method: "S256" });
    const browser = new Browser(provider.issuer);
    const form = await browser.open(`${provider.issuer}/protocol/openid-connect/auth?${query.toString()}`);
    const { address } = await browser.submitLogin(form, "olga", "o");
    const grant = { grant_type: "authorization_code", code: new URL(address).searchParams.get("code") ?? "" };
    const body = new URLSearchParams({ ...request, ...grant, code_verifier: verifier });
    const answer = await fetch(`${provider.issuer}/protocol/openid-connect/token`, { method: "POST", body });
    const tokens = (await answer.json()) as Record<"access_token" | "id_token" | "refresh_token", string>;
    const accepting = accessTokens(realm, { ...ours, clients: ["action", "desktops-portal"] });
    const { username, client, roles } = await accepting(`Bearer ${tokens.access_token}`);
    expect([username, client, [...roles]]).toEqual(["olga", "desktops-portal", ["desktop-admin"]]);
    for (const other of [tokens.id_token, tokens.refresh_token])
      await expect(accepting(`Bearer ${other}`)).rejects.toMatchObject({ code: "not-authenticated" });
    await expect(verify(`Bearer ${tokens.access_token}`)).rejects.toMatchObject({
      message: "check access token: its client is not accepted",
    });
  });

  it("may be off by the allowed clock skew", async () => {
    await expect(verify(`Bearer ${await provider.signToken({ exp: now() - 20 })}`)).resolves.toBeDefined();
  });

  it.each([null, "", "Bearer", "Bearer x", "Basic eDp5", "Bearer a.b.c", "Bearer ..", "Bearer a.b.c.d.e"])(
    "in the header %j is refused",
    async (header) => {
      await expect(verify(header)).rejects.toMatchObject({ code: "not-authenticated" });
    },
  );

  it("that is changed by one letter is refused", async () => {
    const [head = "", body = "", signature = ""] = (await provider.signToken()).split(".");
    const forged = Buffer.from(
      JSON.stringify({ ...(JSON.parse(Buffer.from(body, "base64url").toString()) as object), sub: "x" }),
    ).toString("base64url");
    await expect(verify(`Bearer ${[head, forged, signature].join(".")}`)).rejects.toMatchObject({
      code: "not-authenticated",
    });
  });

  it("signed with an older key of the issuer is still good", async () => {
    const token = await provider.signToken();
    await provider.rotateKeys();
    await expect(verify(`Bearer ${token}`)).resolves.toMatchObject({ subject: expect.any(String) as string });
  });

  it("cannot be checked while the issuer's keys are out of reach, which is not the caller's fault", async () => {
    const away = accessTokens({ ...realm, keys: keysAt("http://127.0.0.1:1/certs") }, ours);
    await expect(away(`Bearer ${await provider.signToken()}`)).rejects.toMatchObject({ code: "identity-unavailable" });
  });
});
