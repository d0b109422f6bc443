import { createPrivateKey, createPublicKey, type JsonWebKey, sign, verify } from "node:crypto";
import { z } from "zod";

/** The algorithms by which a realm, or a client of it, may sign: with a key pair of its own. HS* has one secret for both sides, none has none. */
export const signatureAlgorithms = [
  ...["RS256", "RS384", "RS512"],
  ...["PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512"],
  "EdDSA",
] as const;

/** A private key that says by which algorithm it signs, and under which name the other side knows its public half. */
export type SigningKey = JsonWebKey & { kid: string; alg: string; d: string };

const keySchema = z.looseObject({
  kid: z.string("has no kid").min(1, "has no kid"),
  alg: z.enum(signatureAlgorithms, `has no alg, or none of ${signatureAlgorithms.join(", ")}`),
  d: z.string("has no private half (d)"),
});

/** What node:crypto calls the keys of the algorithms that begin so. */
const keyTypes: Readonly<Record<string, readonly string[]>> = {
  RS: ["rsa"],
  PS: ["rsa"],
  ES: ["ec"],
  Ed: ["ed25519"],
};

const remedy = "(infra/keycloak/README.md has the command that makes one)";

/** Reads a JWK. A fault does not repeat what is in it. */
export function parseSigningKey(text: string): { key: SigningKey } | { fault: string } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { fault: `is not a JWK: not JSON ${remedy}` }; // whose message would quote it
  }
  const { data, error } = keySchema.safeParse(json, { reportInput: false });
  if (error) return { fault: `is not usable: it ${error.issues.map(({ message }) => message).join(", ")} ${remedy}` };
  const key = data as SigningKey;
  const fault = faultOf(key);
  return fault === undefined ? { key } : { fault: `${fault} ${remedy}` };
}

function faultOf(key: SigningKey): string | undefined {
  try {
    const own = createPrivateKey({ key, format: "jwk" });
    const { asymmetricKeyType: type = "", asymmetricKeyDetails: details } = own;
    if (!keyTypes[key.alg.slice(0, 2)]?.includes(type)) return `has a key that is not one of ${key.alg}`;
    if (type === "rsa" && (details?.modulusLength ?? 0) < 2_048) return "has fewer than 2048 bits";
    const [hash, words] = [type === "ed25519" ? null : "sha256", Buffer.from("words")];
    const known = createPublicKey({ key, format: "jwk" });
    // Node takes halves that do not belong together.
    return verify(hash, words, known, sign(hash, words, own)) ? undefined : "has a private half of another key";
  } catch {
    return "is not a private key";
  }
}
