import { decodeJwt } from "jose";
import { describe, expect, it } from "vitest";
import { answerIn, exchange, type Fields, logIn, loginAddress, nextCode, refresh, verifier } from "./portal.ts";
import {
  anyNumber,
  anyText,
  anyUuid,
  askToken,
  callAdmin,
  clientToken,
  type ContractRealm,
  matching,
  scopes,
  secondsLeft,
  type VersionFacts,
} from "./realm.ts";

const invalid = (error_description: string) => ({
  status: 400,
  body: { error: "invalid_grant", error_description },
});

/** What the portal gets for its codes and refresh tokens, seen on 26.7.3 on 2026-11-28. */
export function codeGrantsContract(realm: () => ContractRealm, facts: VersionFacts): void {
  const claimsOf = (token = "") => decodeJwt<Record<string, unknown>>(token);

  describe("a code", () => {
    it("is good for access, ID and refresh token", async () => {
      const { issuer, portal } = realm();
      const { code, session } = await logIn(realm(), "alice");
      const { status, body } = await exchange(realm(), code);
      const scope = scopes("openid", "profile");
      expect([status, body]).toEqual([
        200,
        {
          ...{ access_token: anyText, id_token: anyText, refresh_token: anyText, token_type: "Bearer", scope },
          ...{ expires_in: secondsLeft(300), refresh_expires_in: secondsLeft(1_800) },
          ...{ "not-before-policy": 0, session_state: session },
        },
      ]);
      const person = {
        ...{
          exp: anyNumber,
          iat: anyNumber,
          auth_time: anyNumber,
          iss: issuer,
          sub: anyUuid,
          azp: portal.id,
          acr: "1",
        },
        ...{ sid: session, name: "alice Sample", preferred_username: "alice" },
        ...{ given_name: "alice", family_name: "Sample" },
      };
      expect(claimsOf(body.access_token)).toEqual({
        ...person,
        ...{ aud: "guacamole-workspaces", typ: "Bearer", scope, groups: ["/asthma"] },
        jti: matching(facts.tokenId.code),
        "allowed-origins": [portal.origin],
      });
      expect(claimsOf(body.id_token)).toEqual({
        ...person,
        ...{ aud: portal.id, typ: "ID", nonce: "the nonce", at_hash: anyText, jti: anyText },
      });
      expect(claimsOf(body.refresh_token)).toMatchObject({ typ: "Refresh", aud: issuer, azp: portal.id, sid: session });
    });

    it("of an administrator says so, of somebody without roles and groups neither", async () => {
      const rights = async (username: string) => {
        const { body } = await exchange(realm(), (await logIn(realm(), username)).code);
        const { realm_access, resource_access, groups } = claimsOf(body.access_token);
        return { realm_access, resource_access, groups };
      };
      expect(await rights("olga")).toEqual({ realm_access: { roles: ["desktop-admin"] } });
      expect(await rights("carol")).toEqual({});
    });

    it("is good once: who has it twice loses what the first one got", async () => {
      const { browser, code } = await logIn(realm(), "alice");
      const { body } = await exchange(realm(), code);
      expect(await exchange(realm(), code)).toEqual(invalid("Code not valid"));
      expect(await refresh(realm(), body.refresh_token)).toEqual(invalid("Session doesn't have required client"));
      // The session itself lives, and another login is silent.
      expect((await exchange(realm(), await nextCode(realm(), browser))).status).toBe(200);
    });

    it.each<[string, Fields, string]>([
      ["another verifier", { code_verifier: `${verifier.slice(1)}x` }, "PKCE verification failed: Code mismatch"],
      ["no verifier", { code_verifier: null }, "PKCE code verifier not specified"],
      ["a short verifier", { code_verifier: "abc" }, "PKCE verification failed: Invalid code verifier"],
      ["another address", { redirect_uri: "http://localhost:7071/console" }, "Incorrect redirect_uri"],
      ["no address", { redirect_uri: null }, "Incorrect redirect_uri"],
      ["another client", { client_id: "guacamole" }, "Auth error: Found different client_id in clientSession"],
      ["another code", { code: "a.b.c" }, "Code not valid"],
    ])("is refused with %s", async (_what, changed, description) => {
      const { code } = await logIn(realm(), "alice");
      expect(await exchange(realm(), code, changed)).toEqual(invalid(description));
    });

    it("is refused without a client, and asked for", async () => {
      expect(await exchange(realm(), "x", { client_id: null })).toEqual({
        status: 401,
        body: { error: "invalid_client", error_description: "Invalid client or Invalid client credentials" },
      });
      expect(await exchange(realm(), "x", { code: null })).toEqual({
        status: 400,
        body: { error: "invalid_request", error_description: "Missing parameter: code" },
      });
    });

    it.each([
      ["password", 400, "Client not allowed for direct access grants"],
      ["client_credentials", 401, "Public client not allowed to retrieve service account"],
    ])("is the only way: the grant %s is not the portal's", async (grant_type, status, error_description) => {
      const form = { grant_type, client_id: realm().portal.id, username: "alice", password: "alice" };
      expect(await askToken(realm(), form)).toEqual({
        status,
        body: { error: "unauthorized_client", error_description },
      });
    });
  });

  describe("a refresh token", () => {
    it("is good for new tokens of the same session, without the nonce", async () => {
      const { code, session } = await logIn(realm(), "alice");
      const first = (await exchange(realm(), code)).body;
      const { status, body } = await refresh(realm(), first.refresh_token);
      expect([status, Object.keys(body).sort()]).toEqual([200, Object.keys(first).sort()]);
      const renewed = { exp: anyNumber, iat: anyNumber };
      expect(claimsOf(body.id_token)).toEqual({
        ...claimsOf(first.id_token),
        ...{ ...renewed, jti: anyText, at_hash: anyText, nonce: undefined },
      });
      expect(claimsOf(body.access_token)).toEqual({
        ...claimsOf(first.access_token),
        ...renewed,
        jti: matching(facts.tokenId.refresh),
      });
      expect(body).toMatchObject({ session_state: session, refresh_expires_in: secondsLeft(1_800) });
    });

    it("of one tab leaves that of another tab alone", async () => {
      const { browser, code } = await logIn(realm(), "alice");
      const one = await exchange(realm(), code);
      const other = await exchange(realm(), await nextCode(realm(), browser));
      const next = await refresh(realm(), one.body.refresh_token);
      expect([next.status, (await refresh(realm(), other.body.refresh_token)).status]).toEqual([200, 200]);
      expect((await refresh(realm(), next.body.refresh_token)).status).toBe(200);
    });

    it("is refused if it is none, of another client, or missing", async () => {
      const { body } = await exchange(realm(), (await logIn(realm(), "alice")).code);
      const token = body.refresh_token;
      expect(await refresh(realm(), "x")).toEqual(invalid("Invalid refresh token"));
      expect(await refresh(realm(), body.access_token)).toEqual(invalid("Invalid refresh token"));
      expect(await refresh(realm(), token, { client_id: "guacamole-workspaces-cli" })).toEqual(
        invalid("Invalid refresh token. Token client and authorized client don't match"),
      );
      expect(await refresh(realm(), undefined)).toEqual({
        status: 400,
        body: { error: "invalid_request", error_description: "No refresh token" },
      });
    });

    it("of a person who was disabled is refused, and so is their code", async () => {
      const { browser, code } = await logIn(realm(), "carol");
      const { body } = await exchange(realm(), code);
      const next = await nextCode(realm(), browser);
      const enable = async (enabled: boolean) =>
        callAdmin(
          realm(),
          await clientToken(realm(), realm().administrator),
          "PUT",
          `/users/${String(claimsOf(body.access_token)["sub"])}`,
          { enabled },
        );
      await enable(false);
      expect(await refresh(realm(), body.refresh_token)).toEqual(invalid("User disabled"));
      expect(await exchange(realm(), next)).toEqual(invalid("User disabled"));
      const silently = answerIn(await browser.open(loginAddress(realm(), { prompt: "none" })));
      expect(silently.answer["error"]).toBe("login_required");
      await enable(true);
    });
  });
}
