import { randomUUID } from "node:crypto";
import { type CryptoKey, decodeJwt, generateKeyPair, importJWK, SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import { askToken, type ContractRealm } from "./realm.ts";

const type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** A client that logs in by a JWT that it signed (private_key_jwt, OpenID Connect Core §9). */
export function assertionsContract(realm: () => ContractRealm): void {
  const now = () => Math.floor(Date.now() / 1_000);

  async function assertion(
    claims: Record<string, unknown> = {},
    header: { kid?: string } = {},
    privateKey?: CryptoKey,
  ) {
    const { keyed, issuer } = realm();
    const { kid = "", alg = "" } = keyed.key;
    const usual = { iss: keyed.id, sub: keyed.id, aud: issuer, jti: randomUUID(), iat: now(), exp: now() + 60 };
    return new SignJWT({ ...usual, ...claims })
      .setProtectedHeader({ alg, kid, ...header })
      .sign(privateKey ?? (await importJWK(keyed.key)));
  }
  const ask = async (client_assertion: string, more: Record<string, string> = {}) =>
    askToken(realm(), {
      ...{ grant_type: "client_credentials", client_assertion_type: type, client_assertion },
      ...more,
    });
  const refusal = async (asked: ReturnType<typeof ask>) => {
    const { status, body } = await asked;
    expect(body.access_token).toBeUndefined();
    return [status, body["error"], body["error_description"]];
  };

  describe("assertions", () => {
    it("a client gets a token of its service account by each of them, once", async () => {
      const first = await assertion();
      const { status, body } = await ask(first);
      expect([status, decodeJwt(body.access_token ?? "")["azp"]]).toEqual([200, realm().keyed.id]);
      expect(await refusal(ask(first))).toEqual([400, "invalid_client", "Token reuse detected"]);
      expect((await ask(await assertion(), { client_id: realm().keyed.id })).status).toBe(200);
      expect((await ask(await assertion({ aud: `${realm().issuer}/protocol/openid-connect/token` }))).status).toBe(200);
    });

    const credentials = "Invalid client or Invalid client credentials";
    it.each<[string, () => Record<string, unknown>, number, string]>([
      ["with a second audience", () => ({ aud: [realm().issuer, "x"] }), 400, "Multiple audiences not allowed"],
      ["for somebody else", () => ({ aud: "https://elsewhere.example" }), 400, "Invalid token audience"],
      ["for nobody", () => ({ aud: undefined }), 400, "Invalid token audience"],
      ["that has ended", () => ({ exp: now() - 5 }), 400, "Token is not active"],
      ["without an end", () => ({ exp: undefined }), 400, "Token exp claim is required"],
      ["from the future", () => ({ iat: now() + 600, exp: now() + 660 }), 400, "Token was issued in the future"],
      ["without an id", () => ({ jti: undefined }), 400, "Token jti claim is required"],
      ["without an issuer", () => ({ iss: undefined }), 401, credentials],
      ["of another issuer", () => ({ iss: "x" }), 401, credentials],
      ["of an unknown client", () => ({ iss: "nobody", sub: "nobody" }), 401, credentials],
      ["of a client without a key", () => ({ iss: realm().lookup.id, sub: realm().lookup.id }), 401, credentials],
    ])("one %s is refused", async (_, claims, status, description) => {
      expect(await refusal(ask(await assertion(claims())))).toEqual([status, "invalid_client", description]);
    });

    it("one by another key, or by a key of another name, is refused", async () => {
      const { privateKey } = await generateKeyPair(realm().keyed.key.alg ?? "");
      const words = "Client authentication with signed JWT failed: Signature on JWT token failed validation";
      expect(await refusal(ask(await assertion({}, {}, privateKey)))).toEqual([400, "invalid_client", words]);
      const unnamed = await assertion({}, { kid: "another" });
      expect(await refusal(ask(unnamed))).toEqual([400, "invalid_client", "Unable to load public key"]);
    });

    it("what is none, or of another type, is refused, and so is a secret in its place", async () => {
      expect(await refusal(ask("abc"))).toEqual([401, "invalid_client", credentials]);
      const another = ask(await assertion(), { client_assertion_type: "x" });
      expect(await refusal(another)).toEqual([401, "invalid_client", credentials]);
      const bySecret = { grant_type: "client_credentials", client_id: realm().keyed.id, client_secret: "x" };
      expect(await refusal(askToken(realm(), bySecret))).toEqual([
        ...[400, "invalid_client", "Parameter client_assertion_type is missing"],
      ]);
    });
  });
}
