import { createLocalJWKSet, jwtVerify } from "jose";
import { z } from "zod";
import { managementClient } from "./claims.ts";
import type { SigningKeys } from "./signing-keys.ts";

const claimsSchema = z.object({
  typ: z.literal("Bearer"),
  sub: z.string(),
  azp: z.string(),
  preferred_username: z.string(),
  resource_access: z.object({ [managementClient]: z.object({ roles: z.array(z.string()) }) }).optional(),
});

export interface Caller {
  subject: string;
  username: string;
  client: string;
  /** Of the client `realm-management`. */
  roles: readonly string[];
}

/** Returns the caller of the admin API, from an access token of this issuer; undefined if the token is not valid. */
export async function callerOf(
  authorization: string | undefined,
  keys: SigningKeys,
  issuer: string,
): Promise<Caller | undefined> {
  const [, token = ""] = /^Bearer (.+)$/i.exec(authorization ?? "") ?? [];
  try {
    const jwks = createLocalJWKSet({ keys: keys.publicKeys() });
    const { payload } = await jwtVerify(token, jwks, { issuer, algorithms: ["RS256"] });
    const { sub, azp, preferred_username, resource_access } = claimsSchema.parse(payload);
    const roles = resource_access?.[managementClient].roles ?? [];
    return { subject: sub, username: preferred_username, client: azp, roles };
  } catch {
    return undefined; // no matter what is wrong with it
  }
}
