import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload } from "jose";
import { z } from "zod";
import type { Claims } from "../desktop/entitlement.ts";
import { ProductError } from "../errors.ts";

/** Who calls, as proven by an access token. */
export interface Principal {
  subject: string;
  username: string;
  roles: ReadonlySet<string>;
  claims: Claims;
}

export interface TokenRules {
  issuer: string;
  audience: string;
  jwksUrl: string;
  algorithms: readonly string[];
  /** Clients (`azp`) whose tokens are accepted. */
  clients: readonly string[];
  clockSkewSeconds: number;
}

export type VerifyToken = (authorization: string | null) => Promise<Principal>;

/** Keycloak's access token. `typ` tells it from ID tokens and logout tokens of the same realm and keys. */
const claimsSchema = z.object({
  typ: z.literal("Bearer"),
  sub: z.string().min(1),
  azp: z.string().min(1),
  preferred_username: z.string().min(1),
  realm_access: z.object({ roles: z.array(z.string()) }).optional(),
  resource_access: z.record(z.string(), z.object({ roles: z.array(z.string()) })).optional(),
});

/**
 * Checks access tokens. Issuer and key address come from the settings, never from the token. Throws `not-authenticated`
 * for anything that does not prove who calls, and `identity-unavailable` where the keys cannot be had.
 */
export function accessTokens(rules: TokenRules): VerifyToken {
  const keys = createRemoteJWKSet(new URL(rules.jwksUrl), { timeoutDuration: 5_000, cooldownDuration: 10_000 });

  return async (authorization) => {
    const [, token] = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization ?? "") ?? [];
    if (token === undefined)
      throw new ProductError(
        "not-authenticated",
        "check access token: none given (send Authorization: Bearer <token>)",
      );

    const payload = await verify(token, keys, rules);
    const parsed = claimsSchema.safeParse(payload);
    if (!parsed.success) throw refused("it is no access token of ours");
    const { sub, azp, preferred_username: username, realm_access: realm, resource_access: resources } = parsed.data;
    if (!rules.clients.includes(azp)) throw refused("its client is not accepted");

    const roles = new Set([...(realm?.roles ?? []), ...(resources?.[rules.audience]?.roles ?? [])]);
    return { subject: sub, username, roles, claims: payload };
  };
}

async function verify(
  token: string,
  keys: ReturnType<typeof createRemoteJWKSet>,
  rules: TokenRules,
): Promise<JWTPayload> {
  try {
    const { payload, protectedHeader } = await jwtVerify(token, keys, {
      issuer: rules.issuer,
      audience: rules.audience,
      algorithms: [...rules.algorithms],
      clockTolerance: rules.clockSkewSeconds,
      requiredClaims: ["exp", "iat", "sub"],
    });
    if (!["JWT", "at+jwt"].includes(protectedHeader.typ ?? "JWT")) throw refused("it is another kind of token");
    return payload;
  } catch (error) {
    if (error instanceof ProductError) throw error;
    if (error instanceof errors.JWTExpired) throw refused("it has expired");
    if (error instanceof errors.JWTClaimValidationFailed) throw refused(`its claim ${error.claim} is not accepted`);
    if (
      error instanceof errors.JWKSTimeout ||
      !(error instanceof errors.JOSEError) ||
      error.code === "ERR_JOSE_GENERIC"
    )
      throw new ProductError("identity-unavailable", "check access token: the issuer's keys cannot be fetched", {
        cause: error,
      });
    throw refused("its signature or form is not valid");
  }
}

function refused(reason: string): ProductError {
  return new ProductError("not-authenticated", `check access token: ${reason}`);
}
