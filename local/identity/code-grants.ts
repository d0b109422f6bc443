import { createHash, randomBytes, randomUUID } from "node:crypto";
import { errors, jwtVerify, SignJWT } from "jose";
import { z } from "zod";
import type { BrowserClient } from "./accounts.ts";
import { type Answer, problem } from "./answer.ts";
import { type BrowserRealm, type CodeGrant, findSession, type Login } from "./browser-realm.ts";
import { type Claims, cliClient, commonClaims, groupsClaim, idClaims, personClaims, realmAccess } from "./claims.ts";
import type { Kept } from "./kept.ts";
import { leaveSession } from "./logins.ts";
import type { RealmUser, Session } from "./realm-users.ts";
import { tokenId } from "./version.ts";

/** Keycloak's default for a code, and the development realm's idle time of a session. */
const codeSeconds = 60;
const refreshSeconds = 1_800;

const refreshSchema = z.object({
  typ: z.literal("Refresh"),
  ...{ sub: z.string(), azp: z.string(), sid: z.string(), scope: z.string(), acr: z.string(), reuse_id: z.string() },
  iat: z.number(),
});
type RefreshClaims = z.output<typeof refreshSchema>;

/** The grants of clients that log people in in a browser. Undefined: another grant. */
export type CodeGrants = (form: URLSearchParams) => Promise<Answer | undefined>;

export function codeGrants(realm: BrowserRealm, codes: Kept<CodeGrant>): CodeGrants {
  const secret = randomBytes(64);
  /** When tokens of a chain were last exchanged, in seconds: the realm revokes what is older ("Revoke refresh token"). */
  const exchangedAt = new Map<string, number>();

  async function answerCode(form: URLSearchParams, caller: string): Promise<Answer> {
    const code = form.get("code");
    if (code === null) return problem(400, "invalid_request", "Missing parameter: code");
    const grant = codes.get(code);
    if (!grant) return invalid("Code not valid");
    const found = findSession(realm, grant.login);
    if (grant.used) {
      if (found) leaveSession(found.person, found.session.id, grant.client);
      return invalid("Code not valid");
    }
    grant.used = true;
    if (realm.now().getTime() - grant.issuedAt.getTime() > codeSeconds * 1_000) return invalid("Code not valid");
    if (grant.client !== caller) return invalid("Auth error: Found different client_id in clientSession");
    if (grant.redirectUri !== form.get("redirect_uri")) return invalid("Incorrect redirect_uri");
    const fault = verifierFault(form.get("code_verifier"), grant.challenge);
    if (fault !== undefined) return invalid(fault);
    return answerLogin(caller, grant.login, { kind: "by-code", nonce: grant.nonce, chain: randomUUID() });
  }

  async function answerRefresh(form: URLSearchParams, caller: string): Promise<Answer> {
    const token = form.get("refresh_token");
    if (token === null) return problem(400, "invalid_request", "No refresh token");
    const claims = await readRefreshToken(token);
    if (typeof claims === "string") return invalid(claims);
    if (claims.azp !== caller) return invalid("Invalid refresh token. Token client and authorized client don't match");
    const login = { subject: claims.sub, session: claims.sid, scope: claims.scope, acr: claims.acr };
    const found = findSession(realm, login);
    if (found?.session.clients.includes(caller) && claims.iat < (exchangedAt.get(claims.reuse_id) ?? 0)) {
      leaveSession(found.person, found.session.id, caller);
      return invalid("Stale token");
    }
    return answerLogin(caller, login, { kind: "by-refresh", nonce: undefined, chain: claims.reuse_id });
  }

  async function answerLogin(
    caller: string,
    login: Login,
    { kind, nonce, chain }: { kind: "by-code" | "by-refresh"; nonce: string | undefined; chain: string },
  ): Promise<Answer> {
    const client = realm.clients().find(({ id }) => id === caller);
    const found = findSession(realm, login);
    if (!client || !found) return invalid("Session not active");
    if (!found.person.enabled) return invalid("User disabled");
    if (!found.session.clients.includes(caller)) return invalid("Session doesn't have required client");
    const { frame } = realm;
    const now = realm.now();
    const { person, session } = found;
    const authTime = Math.floor(session.startedAt.getTime() / 1_000);
    const isOpenId = login.scope.split(" ").includes("openid");
    const shown = ["profile", "email"].filter((each) => client.scopes.includes(each));
    const scope = [...(isOpenId ? ["openid"] : []), ...shown].join(" ");
    const hasEmail = client.scopes.includes("email");
    const access_token = realm.sign({
      ...accessClaims(realm, client, person, session, now),
      ...{ jti: tokenId(frame.imitates, kind), acr: login.acr, scope },
    });
    const by = { accessToken: access_token, authTime, nonce, acr: login.acr, hasEmail };
    if (kind === "by-refresh") exchangedAt.set(chain, Math.floor(now.getTime() / 1_000));
    return {
      status: 200,
      body: {
        access_token,
        expires_in: frame.tokenSeconds,
        refresh_expires_in: refreshSeconds,
        refresh_token: await signRefreshToken(caller, login, chain, now),
        token_type: "Bearer",
        ...(isOpenId && { id_token: realm.sign(idClaims(person, session.id, caller, frame, now, by)) }),
        "not-before-policy": 0,
        session_state: session.id,
        scope,
      },
    };
  }

  function signRefreshToken(caller: string, login: Login, chain: string, now: Date): Promise<string> {
    const iat = Math.floor(now.getTime() / 1_000);
    const { subject: sub, session: sid, scope, acr } = login;
    const { issuer } = realm;
    const claims = { iss: issuer, aud: issuer, sub, typ: "Refresh", azp: caller, sid, scope, acr, reuse_id: chain };
    return new SignJWT({ exp: iat + refreshSeconds, iat, jti: randomUUID(), ...claims })
      .setProtectedHeader({ alg: "HS512", typ: "JWT" })
      .sign(secret);
  }

  async function readRefreshToken(token: string): Promise<RefreshClaims | string> {
    try {
      const { payload } = await jwtVerify(token, secret, { audience: realm.issuer, currentDate: realm.now() });
      return refreshSchema.parse(payload);
    } catch (error) {
      return error instanceof errors.JWTExpired ? "Token is not active" : "Invalid refresh token";
    }
  }

  return async (form) => {
    const grant = form.get("grant_type");
    if (grant !== "authorization_code" && grant !== "refresh_token") return undefined;
    const caller = form.get("client_id") ?? "";
    const isPublic = caller === cliClient || realm.clients().some(({ id }) => id === caller);
    if (!isPublic) return problem(401, "invalid_client", "Invalid client or Invalid client credentials");
    return grant === "authorization_code" ? answerCode(form, caller) : answerRefresh(form, caller);
  };
}

function accessClaims(
  { frame }: BrowserRealm,
  client: BrowserClient,
  person: RealmUser,
  session: Session,
  now: Date,
): Claims {
  const { user, groups } = person;
  return {
    ...user.claims,
    ...commonClaims(frame, now),
    ...personClaims(person, client.scopes.includes("email")),
    ...groupsClaim(groups),
    auth_time: Math.floor(session.startedAt.getTime() / 1_000),
    azp: client.id,
    sid: session.id,
    "allowed-origins": client.webOrigins,
    ...realmAccess((user.roles ?? []).filter((role) => client.roles.includes(role))),
  };
}

/** RFC 7636 §4.6. */
function verifierFault(verifier: string | null, challenge: string): string | undefined {
  if (verifier === null) return "PKCE code verifier not specified";
  if (!/^[\w.~-]{43,128}$/.test(verifier)) return "PKCE verification failed: Invalid code verifier";
  const hash = createHash("sha256").update(verifier).digest("base64url");
  return hash === challenge ? undefined : "PKCE verification failed: Code mismatch";
}

function invalid(description: string): Answer {
  return problem(400, "invalid_grant", description);
}
