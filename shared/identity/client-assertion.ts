import { randomUUID } from "node:crypto";
import { importJWK, type JWK, SignJWT } from "jose";
import { z } from "zod";

/** A client that proves itself to Keycloak with its key ("Signed JWT"), which never leaves the product. */
export interface KeyedClient {
  id: string;
  /** A private key with its `kid` and `alg`. */
  key: JWK;
}

/** Long enough for clocks that differ a little; Keycloak takes each assertion once. */
const lifeSeconds = 60;

/** Keycloak answered, and gave no token. The message ends in what to do. */
export class RefusedAssertion extends Error {}

const answerSchema = z.object({ access_token: z.string() });
const refusalSchema = z.object({ error: z.string(), error_description: z.string().optional() });

/**
 * Asks for a token of the client's service account by a signed assertion (RFC 7523 §2.2, OpenID Connect Core §9
 * private_key_jwt). Its audience is the issuer alone: Keycloak 26 refuses a second one.
 *
 * @param issuer as the realm calls itself, which need not be the address that it is reached at
 */
export async function tokenByAssertion(
  tokenUrl: string,
  issuer: string,
  client: KeyedClient,
  milliseconds: number,
): Promise<string> {
  const response = await fetch(tokenUrl, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion: await assertionOf(client, issuer),
    }),
    signal: AbortSignal.timeout(milliseconds),
  });
  const body: unknown = await response.json().catch(() => undefined);
  const { data } = answerSchema.safeParse(body);
  if (response.ok && data) return data.access_token;
  const refusal = refusalSchema.safeParse(body).data;
  const said = [refusal?.error, refusal?.error_description].filter((each) => each !== undefined).join(": ");
  throw new RefusedAssertion(
    `ask for a token of ${client.id}: ${response.status} ${said || "no reason given"} (check that the client in Keycloak has the public half of KEYCLOAK_ADMIN_KEY, and that clocks agree)`,
  );
}

async function assertionOf({ id, key }: KeyedClient, issuer: string): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  return new SignJWT({ iss: id, sub: id, aud: issuer, jti: randomUUID(), iat: now, exp: now + lifeSeconds })
    .setProtectedHeader({ alg: key.alg ?? "", kid: key.kid ?? "" })
    .sign(await importJWK(key));
}
