import { z } from "zod";
import type { Claims } from "../desktop/entitlement.ts";
import { canonicalUsername } from "../desktop/names.ts";
import { readBearer, type Realm, refuseToken, verifyToken } from "./realm.ts";

/** The caller, as proven by an access token. */
export interface Principal {
  subject: string;
  username: string;
  /** The client that the token was issued to (`azp`). */
  client: string;
  roles: ReadonlySet<string>;
  claims: Claims;
  /** The session at the identity provider that the token belongs to; a client's own token has none. */
  session: string | undefined;
}

export interface TokenRules {
  audience: string;
  /** Clients (`azp`) whose tokens are accepted. */
  clients: readonly string[];
}

export type VerifyToken = (authorization: string | null) => Promise<Principal>;

/** Keycloak's access token. `typ` tells it from ID tokens, logout tokens and webhook tokens of the same realm and keys. */
const claimsSchema = z.object({
  typ: z.literal("Bearer"),
  sub: z.string().min(1),
  azp: z.string().min(1),
  preferred_username: z.string().min(1),
  sid: z.string().min(1).optional(),
  realm_access: z.object({ roles: z.array(z.string()) }).optional(),
  resource_access: z.record(z.string(), z.object({ roles: z.array(z.string()) })).optional(),
});

const name = "access token";

/**
 * Checks access tokens. Throws `not-authenticated` for anything that does not authenticate the caller, and
 * `identity-unavailable` if the keys cannot be fetched.
 */
export function accessTokens(realm: Realm, { audience, clients }: TokenRules): VerifyToken {
  const kind = { name, audience, types: ["jwt", "at+jwt"], required: ["exp", "iat", "sub"] };

  return async (authorization) => {
    const payload = await verifyToken(realm, kind, readBearer(name, authorization));
    const parsed = claimsSchema.safeParse(payload);
    if (!parsed.success) throw refuseToken(name, "it is not one of our access tokens");
    const { sub, azp, preferred_username, sid, realm_access, resource_access } = parsed.data;
    if (!clients.includes(azp)) throw refuseToken(name, "its client is not accepted");

    const roles = new Set([...(realm_access?.roles ?? []), ...(resource_access?.[audience]?.roles ?? [])]);
    return {
      subject: sub,
      username: canonicalUsername(preferred_username),
      client: azp,
      roles,
      claims: payload,
      session: sid,
    };
  };
}
