import { z } from "zod";
import { type Realm, refuseToken, verifyToken } from "./realm.ts";

/** What a logout token says (OpenID Connect Back-Channel Logout 1.0 §2.4). At least one of subject and session is there. */
export interface Logout {
  /** The token's `jti`: each counts once. */
  id: string;
  subject: string | undefined;
  /** The session that ended; undefined: all of the person's. */
  session: string | undefined;
  issuedAt: Date;
}

export type VerifyLogout = (token: string) => Promise<Logout>;

const name = "logout token";
const event = "http://schemas.openid.net/event/backchannel-logout";
/** How old a token without `exp` may be, as Keycloak's lives. */
const lifespanSeconds = 120;

const claimsSchema = z
  .object({
    jti: z.string().min(1).max(255),
    iat: z.number(),
    exp: z.number().optional(),
    sub: z.string().min(1).max(255).optional(),
    sid: z.string().min(1).max(255).optional(),
    events: z.looseObject({ [event]: z.looseObject({}) }),
    // Each of these says that it is another kind of token, whatever else it has.
    nonce: z.undefined().optional(),
    typ: z.enum(["Logout"]).optional(),
  })
  .refine(({ sub, sid }) => sub !== undefined || sid !== undefined, "names neither person nor session");

/** @param clients those that Keycloak tells of the end of their sessions: Guacamole's, and the portal's */
export function logoutTokens(realm: Realm, clients: readonly string[]): VerifyLogout {
  const kind = {
    name,
    audience: clients,
    types: ["logout+jwt", "application/logout+jwt", "jwt"],
    required: ["iat", "jti"],
  };
  return async (token) => {
    const parsed = claimsSchema.safeParse(await verifyToken(realm, kind, token));
    if (!parsed.success) throw refuseToken(name, "it is another kind of token, or names nobody");
    const { jti, iat, exp, sub, sid } = parsed.data;
    const age = Date.now() / 1_000 - iat;
    if (exp === undefined && age > lifespanSeconds + realm.clockSkewSeconds) throw refuseToken(name, "it has expired");
    return { id: jti, subject: sub, session: sid, issuedAt: new Date(iat * 1_000) };
  };
}
