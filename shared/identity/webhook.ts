import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { readBearer, type Realm, refuseToken, verifyToken } from "./realm.ts";

/** How keycloak-events signs: with a shared secret, or with the realm's own key. The settings say which, never the caller. */
export type WebhookRules =
  | {
      mode: "hmac";
      /** The secret, and the previous one while it is being changed. */
      secrets: readonly string[];
    }
  | { mode: "bearer"; audience: string };

/** The two headers that may carry a signature. */
export interface SignatureHeaders {
  signature: string | null;
  authorization: string | null;
}

/** Throws `not-authenticated` unless these very bytes were signed. */
export type VerifyWebhook = (headers: SignatureHeaders, body: Uint8Array) => Promise<void>;

const name = "webhook signature";

/**
 * The realm's webhook token (keycloak-events 0.62 and newer). It names its body, and has nothing that an access token
 * (`typ`, `azp`), an ID token (`nonce`) or a logout token (`events`) of the same keys has.
 */
const tokenSchema = z.object({
  request_body_sha256: z.string(),
  typ: z.undefined().optional(),
  azp: z.undefined().optional(),
  nonce: z.undefined().optional(),
  events: z.undefined().optional(),
});

export function webhookSignatures(rules: WebhookRules, realm: Realm): VerifyWebhook {
  if (rules.mode === "hmac")
    return ({ signature }, body) => {
      // Every secret is tried, so that the time taken does not tell which one it was.
      const matches = rules.secrets.map((secret) =>
        sameHex(signature, createHmac("sha256", secret).update(body).digest()),
      );
      return matches.includes(true)
        ? Promise.resolve()
        : Promise.reject(refuseToken(name, "it is missing or does not match the body"));
    };

  const kind = { name, audience: rules.audience, types: ["jwt"], required: ["exp", "iat"] };
  return async ({ authorization }, body) => {
    const token = await verifyToken(realm, kind, readBearer(name, authorization));
    const parsed = tokenSchema.safeParse(token);
    if (!parsed.success) throw refuseToken(name, "it is another kind of token");
    if (!sameHex(parsed.data.request_body_sha256, createHash("sha256").update(body).digest()))
      throw refuseToken(name, "it is for another body");
  };
}

/** Compares a SHA-256 digest in hex, in a time that does not depend on where they differ. */
function sameHex(given: string | null, digest: Buffer): boolean {
  const hex = given?.toLowerCase() ?? "";
  return /^[0-9a-f]{64}$/.test(hex) && timingSafeEqual(Buffer.from(hex, "hex"), digest);
}
