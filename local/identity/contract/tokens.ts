import { decodeJwt, decodeProtectedHeader } from "jose";
import { describe, expect, it } from "vitest";
import {
  anyNumber,
  anyText,
  anyUuid,
  askToken,
  cli,
  clientToken,
  type ContractRealm,
  matching,
  personToken,
  scopes,
  secondsLeft,
  type VersionFacts,
} from "./realm.ts";

const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString("base64")}` });

export function tokensContract(realm: () => ContractRealm, facts: VersionFacts): void {
  describe("tokens", () => {
    it("discovery names the endpoints", async () => {
      const { issuer } = realm();
      const response = await fetch(`${issuer}/.well-known/openid-configuration`);
      expect(await response.json()).toMatchObject({
        issuer,
        jwks_uri: `${issuer}/protocol/openid-connect/certs`,
        token_endpoint: `${issuer}/protocol/openid-connect/token`,
      });
    });

    it("a client gets a token of its service account", async () => {
      const { issuer, service } = realm();
      const form = { grant_type: "client_credentials", client_id: service.id, client_secret: service.secret };
      const { status, body } = await askToken(realm(), form);
      expect([status, body]).toEqual([
        200,
        {
          access_token: anyText,
          expires_in: secondsLeft(300),
          refresh_expires_in: 0,
          token_type: "Bearer",
          "not-before-policy": 0,
          scope: scopes("profile", "email"),
        },
      ]);
      const token = body.access_token ?? "";
      expect(decodeProtectedHeader(token)).toEqual({ alg: "RS256", typ: "JWT", kid: anyText });
      const claims = decodeJwt(token);
      expect(claims).toEqual({
        exp: (claims.iat ?? 0) + 300,
        iat: anyNumber,
        jti: matching(facts.tokenId.service),
        iss: issuer,
        aud: "guacamole-workspaces",
        sub: anyUuid,
        typ: "Bearer",
        azp: service.id,
        acr: "1",
        realm_access: { roles: ["desktop-service"] },
        scope: scopes("profile", "email"),
        email_verified: false,
        preferred_username: `service-account-${service.id}`,
        ...(facts.is26 ? {} : { clientHost: "127.0.0.1", clientAddress: "127.0.0.1", client_id: service.id }),
      });
    });

    it("a client without our audience, with roles of the admin API, has these as its audience", async () => {
      const claims = decodeJwt(await clientToken(realm(), realm().lookup));
      const { aud, realm_access, resource_access } = claims as Record<string, unknown>;
      expect({ aud, realm_access }).toEqual({ aud: "realm-management", realm_access: undefined });
      const { roles } = (resource_access as { "realm-management": { roles: string[] } })["realm-management"];
      expect([...roles].sort()).toEqual(["query-groups", "query-users", "view-users"]);
    });

    it("a person gets a token with their groups, and an ID token of the same session", async () => {
      const { body } = await askToken(realm(), { ...cli, username: "ALICE", password: "alice", scope: "openid" });
      expect(body).toMatchObject({
        expires_in: secondsLeft(300),
        token_type: "Bearer",
        "not-before-policy": 0,
        session_state: matching(facts.sessionId),
        scope: scopes("openid", "profile", "email"),
      });
      const person = {
        exp: anyNumber,
        iat: anyNumber,
        jti: anyText,
        iss: realm().issuer,
        sub: anyUuid,
        azp: cli.client_id,
        sid: body["session_state"],
        acr: "1",
        email_verified: false,
        name: "alice Sample",
        preferred_username: "alice",
        given_name: "alice",
        family_name: "Sample",
        email: "alice@example.org",
      };
      expect(decodeJwt(body.access_token ?? "")).toEqual({
        ...person,
        jti: matching(facts.tokenId.person),
        aud: "guacamole-workspaces",
        typ: "Bearer",
        scope: scopes("openid", "profile", "email"),
        groups: ["/asthma"],
      });
      expect(decodeProtectedHeader(body.id_token ?? "")).toEqual({ alg: "RS256", typ: "JWT", kid: anyText });
      expect(decodeJwt(body.id_token ?? "")).toEqual({
        ...person,
        aud: cli.client_id,
        typ: "ID",
        at_hash: anyText,
      });
    });

    it("a person's roles are in the token; somebody without groups has none there", async () => {
      const { realm_access, groups } = decodeJwt(await personToken(realm(), "olga")) as Record<string, unknown>;
      expect({ realm_access, groups }).toEqual({ realm_access: { roles: ["desktop-admin"] }, groups: undefined });
    });

    it("Guacamole gets an ID token by its login in a browser", async () => {
      const { idToken } = await realm().signIn("dan");
      expect(decodeJwt(idToken)).toEqual({
        exp: anyNumber,
        iat: anyNumber,
        auth_time: anyNumber,
        jti: anyText,
        iss: realm().issuer,
        aud: "guacamole",
        sub: anyUuid,
        typ: "ID",
        azp: "guacamole",
        nonce: anyText,
        sid: matching(facts.sessionId),
        acr: "1",
        email_verified: false,
        name: "dan Sample",
        preferred_username: "dan",
        given_name: "dan",
        family_name: "Sample",
        email: "dan@example.org",
      });
    });

    it("two browsers are two sessions of the same person", async () => {
      const [one, other] = [await realm().signIn("dan"), await realm().signIn("dan")].map(({ idToken }) =>
        decodeJwt(idToken),
      );
      expect(one?.sub).toBe(other?.sub);
      expect(one?.["sid"]).not.toBe(other?.["sid"]);
    });

    const client = { grant_type: "client_credentials", client_id: "workspace-action" };
    it.each<[string, string | Record<string, string>, Record<string, string>, number, string, string]>([
      ["without a grant type", {}, {}, 400, "invalid_request", "Missing form parameter: grant_type"],
      [
        "with a parameter twice",
        `grant_type=password&grant_type=client_credentials&client_id=${cli.client_id}`,
        {},
        400,
        "invalid_request",
        "duplicated parameter",
      ],
      [
        "with a grant that is not offered",
        { ...cli, grant_type: "telepathy" },
        {},
        400,
        "unsupported_grant_type",
        "Unsupported grant_type",
      ],
      [
        "without a client",
        { grant_type: "client_credentials" },
        {},
        401,
        "invalid_client",
        "Invalid client or Invalid client credentials",
      ],
      [
        "as an unknown client",
        { ...client, client_id: "nobody", client_secret: "x" },
        {},
        401,
        "invalid_client",
        "Invalid client or Invalid client credentials",
      ],
      [
        "with a wrong secret",
        { grant_type: "client_credentials" },
        basic("workspace-action:wrong"),
        401,
        "unauthorized_client",
        "Invalid client or Invalid client credentials",
      ],
      ["without the secret", client, {}, 401, "unauthorized_client", "Invalid client or Invalid client credentials"],
      [
        "with a scheme other than Basic",
        { grant_type: "client_credentials" },
        { authorization: "Bearer x" },
        401,
        "invalid_client",
        "Invalid client or Invalid client credentials",
      ],
      [
        "as the public client, for a token of its own",
        { ...cli, grant_type: "client_credentials" },
        {},
        401,
        "unauthorized_client",
        "Public client not allowed to retrieve service account",
      ],
      [
        "as a person through Guacamole's client",
        { ...cli, client_id: "guacamole", username: "bob", password: "bob" },
        {},
        400,
        "unauthorized_client",
        "Client not allowed for direct access grants",
      ],
      ["without a username", cli, {}, 401, "invalid_request", "Missing parameter: username"],
      [
        "with a wrong password",
        { ...cli, username: "bob", password: "alice" },
        {},
        facts.wrongPassword,
        "invalid_grant",
        "Invalid user credentials",
      ],
      [
        "without a password",
        { ...cli, username: "bob" },
        {},
        facts.wrongPassword,
        "invalid_grant",
        "Invalid user credentials",
      ],
      [
        "as an unknown person",
        { ...cli, username: "zoe", password: "zoe" },
        {},
        facts.wrongPassword,
        "invalid_grant",
        "Invalid user credentials",
      ],
    ])("a request %s is refused", async (_how, form, headers, status, error, error_description) => {
      expect(await askToken(realm(), form, headers)).toEqual({ status, body: { error, error_description } });
    });

    it("a confidential client may not ask for a person's token", async () => {
      const { id, secret } = realm().service;
      const form = { grant_type: "password", username: "bob", password: "bob" };
      expect(await askToken(realm(), form, basic(`${id}:${secret}`))).toEqual({
        status: 400,
        body: { error: "unauthorized_client", error_description: "Client not allowed for direct access grants" },
      });
    });

    it.each([
      ["GET", "/protocol/openid-connect/token", 405],
      ["POST", "/protocol/openid-connect/certs", 405],
    ])("%s %s: %i", async (method, path, status) => {
      expect((await fetch(realm().issuer + path, { method })).status).toBe(status);
    });

    it("another realm does not exist", async () => {
      const response = await fetch(`${realm().issuer}-other/.well-known/openid-configuration`);
      expect([response.status, await response.json()]).toEqual([
        404,
        expect.objectContaining({ error: "Realm does not exist" }),
      ]);
    });
  });
}
