import { createHmac, createPublicKey, sign } from "node:crypto";
import type { SigningKey } from "./signing-keys.ts";

const rsaDigests = new Map([
  ["RS256", "RSA-SHA256"],
  ["RS384", "RSA-SHA384"],
  ["RS512", "RSA-SHA512"],
]);

/**
 * Returns a compact JWS of the claims, signed with the header's `alg`, including the two that a verifier must refuse:
 * "none" (no signature) and HS256 with the public key as the secret
 * (https://www.rfc-editor.org/rfc/rfc8725#section-2.1). Throws on any other.
 */
export function signJwt(claims: object, header: Readonly<Record<string, unknown>>, key: SigningKey): string {
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${signature(signed, header["alg"], key).toString("base64url")}`;
}

function signature(signed: string, algorithm: unknown, { privateKey }: SigningKey): Buffer {
  if (algorithm === "none") return Buffer.alloc(0);
  if (algorithm === "HS256") {
    const publicPem = createPublicKey(privateKey).export({ type: "spki", format: "pem" });
    return createHmac("sha256", publicPem).update(signed).digest();
  }
  const digest = rsaDigests.get(String(algorithm));
  if (digest === undefined) throw new Error(`sign token: no such algorithm: ${String(algorithm)}`);
  return sign(digest, Buffer.from(signed), privateKey);
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}
