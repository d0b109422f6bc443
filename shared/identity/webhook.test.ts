import { createHash, createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type IdentityProvider, startIdentityProvider } from "@stand-in/identity";
import type { Realm } from "./realm.ts";
import { realmKeys } from "./realm-keys.ts";
import { webhookSignatures } from "./webhook.ts";

/** A vector computed elsewhere: secret, body (295 bytes in UTF-8), HMAC-SHA256, SHA-256. */
const secret = "qlfwemke";
const body = Buffer.from(
  '{"id":"7d165f68-b1ca-4254-9c5e-3c6699d18c64","time":1761735933035,"realmId":"17e022a2-9789-4615-a665-c0653c9860ee",' +
    '"realmName":"sde","uid":"c19ffec8-6b14-408b-991d-3a0f6d2b8c11","type":"access.LOGIN","authDetails":' +
    '{"userId":"f7cd3491-7c6c-480c-bc5c-b2b3b0fb048c","username":"zoë"},"details":{}}',
);
const signature = "0cfcdda40148a7201f7568ba06f2441e1f3edb628c2b1b714d552d697ca14d6f";
const bodyHash = "75c7a18197142e064fd309946451be95a167f0a61106098cff9bfd8858e9e8ac";

let provider: IdentityProvider;
let realm: Realm;

beforeAll(async () => {
  provider = await startIdentityProvider({ store: ":memory:", audience: "us", clients: [], users: [] });
  realm = {
    issuer: provider.issuer,
    keys: realmKeys({ url: `${provider.issuer}/protocol/openid-connect/certs`, maxAgeMinutes: 60 }),
    algorithms: ["RS256"],
    clockSkewSeconds: 30,
  };
});
afterAll(() => provider.close());

const refused = { code: "not-authenticated" };

describe("a body signed with a secret", () => {
  const verify = (given: string | null, bytes: Uint8Array = body, secrets = [secret]) =>
    webhookSignatures({ mode: "hmac", secrets }, realm)({ signature: given, authorization: null }, bytes);

  it("is accepted as the vector has it", async () => {
    expect(body).toHaveLength(295);
    expect(createHash("sha256").update(body).digest("hex")).toBe(bodyHash);
    await expect(verify(signature)).resolves.toBeUndefined();
  });

  it("may be written in capitals", async () => {
    await expect(verify(signature.toUpperCase())).resolves.toBeUndefined();
  });

  it("is accepted with the secret before, while it is being changed", async () => {
    await expect(verify(signature, body, ["the new secret", secret])).resolves.toBeUndefined();
    await expect(verify(signature, body, ["the new secret"])).rejects.toMatchObject(refused);
  });

  it.each<[string, string | null]>([
    ["none", null],
    ["an empty one, as the sender has it when it cannot sign", ""],
    ["SHA-1", createHmac("sha1", secret).update(body).digest("hex")],
    ["one with a prefix", `sha256=${signature}`],
    ["one of another secret", createHmac("sha256", "another").update(body).digest("hex")],
    ["one that is too short", signature.slice(0, 62)],
    ["one that is too long", `${signature}00`],
    ["no hex digits", "g".repeat(64)],
    ["two of them, as joined headers", `${signature}, ${signature}`],
    ["the body's hash without a secret", bodyHash],
  ])("is refused with %s", async (_name, given) => {
    await expect(verify(given)).rejects.toMatchObject(refused);
  });

  it("is refused with any one byte changed", async () => {
    for (let index = 0; index < body.length; index += 1) {
      const changed = Buffer.from(body);
      changed.writeUInt8(changed.readUInt8(index) ^ 1, index);
      await expect(verify(signature, changed)).rejects.toMatchObject(refused);
    }
  });

  it("takes no token instead", async () => {
    const authorization = `Bearer ${await provider.signToken({ aud: "hooks", request_body_sha256: bodyHash })}`;
    const hmac = webhookSignatures({ mode: "hmac", secrets: [secret] }, realm);
    await expect(hmac({ signature: null, authorization }, body)).rejects.toMatchObject(refused);
  });
});

describe("a body signed by the realm", () => {
  const verify = async (authorization: string | null, given: string | null = null) =>
    webhookSignatures({ mode: "bearer", audience: "hooks" }, realm)({ signature: given, authorization }, body);
  const none = { sub: undefined, azp: undefined, typ: undefined, aud: "hooks", request_body_sha256: bodyHash };
  const token = async (claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}) =>
    `Bearer ${await provider.signToken({ ...none, ...claims }, header)}`;

  it("is accepted", async () => {
    await expect(verify(await token())).resolves.toBeUndefined();
  });

  it.each<[string, Record<string, unknown>, Record<string, unknown>?]>([
    ["of another body", { request_body_sha256: "0".repeat(64) }],
    ["of no body", { request_body_sha256: undefined }],
    ["for another audience", { aud: "us" }],
    ["of another issuer", { iss: "http://127.0.0.1:1/realms/other" }],
    ["that has expired", { exp: 1 }],
    ["without an end", { exp: undefined }],
    ["that is an access token", { typ: "Bearer" }],
    ["that a client got", { azp: "workspace-action" }],
    ["that is an ID token", { nonce: "n" }],
    ["that is a logout token", { events: {} }],
    ["with a logout token's header", {}, { typ: "logout+jwt" }],
    ["without a signature", {}, { alg: "none" }],
    ["signed with the public key as a secret", {}, { alg: "HS256" }],
    ["signed with an algorithm that is not accepted", {}, { alg: "RS512" }],
  ])("is refused with a token %s", async (_name, claims, header) => {
    await expect(verify(await token(claims, header))).rejects.toMatchObject(refused);
  });

  it("is refused without a token, also where a secret signed it", async () => {
    await expect(verify(null)).rejects.toMatchObject(refused);
    await expect(verify(null, signature)).rejects.toMatchObject(refused);
  });
});
