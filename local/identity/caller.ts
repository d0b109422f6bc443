import { createLocalJWKSet, jwtVerify } from "jose";
import { z } from "zod";
import type { SigningKeys } from "./signing-keys.ts";

const claimsSchema = z.object({
  typ: z.literal("Bearer"),
  sub: z.string(),
  preferred_username: z.string(),
  realm_access: z.object({ roles: z.array(z.string()) }),
});

/** Returns the caller of the admin API, from an access token of this issuer; undefined if the token is not valid. */
export async function callerOf(
  authorization: string | undefined,
  keys: SigningKeys,
  issuer: string,
): Promise<{ subject: string; username: string; roles: readonly string[] } | undefined> {
  const [, token = ""] = /^Bearer (.+)$/i.exec(authorization ?? "") ?? [];
  try {
    const jwks = createLocalJWKSet({ keys: keys.publicKeys() });
    const { payload } = await jwtVerify(token, jwks, { issuer, algorithms: ["RS256"] });
    const { sub, preferred_username, realm_access } = claimsSchema.parse(payload);
    return { subject: sub, username: preferred_username, roles: realm_access.roles };
  } catch {
    return undefined; // no matter what is wrong with it
  }
}
