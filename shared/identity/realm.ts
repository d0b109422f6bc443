import { createRemoteJWKSet, customFetch, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from "jose";
import { ProductError } from "../errors.ts";

/** The realm whose word counts: its issuer and key address come from the settings, never from a token. */
export interface RealmRules {
  issuer: string;
  jwksUrl: string;
  algorithms: readonly string[];
  clockSkewSeconds: number;
}

export interface Realm extends RealmRules {
  keys: JWTVerifyGetKey;
}

/** A kind of token of the realm: access token, webhook token, logout token. All are signed with the same keys. */
interface TokenKind {
  name: string;
  audience: string;
  /** What the header's `typ` may be; absent counts as JWT (RFC 8725 §3.11). */
  types: readonly string[];
  required: readonly string[];
}

const fetchMilliseconds = 5_000;
/** An unknown key makes us look at most this often, so that made-up key ids cannot make us flood the issuer. */
const cooldownMilliseconds = 10_000;

/** One cache of keys for every kind of token. While the issuer is down the keys that it had last go on being used. */
export function realmOf(rules: RealmRules): Realm {
  let last: string | undefined;
  const fetchKeys = async (url: string, options: RequestInit): Promise<Response> => {
    try {
      const response = await fetch(url, options);
      const text = await response.text();
      if (response.status !== 200 || !isKeySet(text)) throw new Error(`the issuer answered ${response.status}`);
      last = text;
      return new Response(text);
    } catch (error) {
      if (last === undefined) throw error;
      return new Response(last);
    }
  };
  const keys = createRemoteJWKSet(new URL(rules.jwksUrl), {
    timeoutDuration: fetchMilliseconds,
    cooldownDuration: cooldownMilliseconds,
    [customFetch]: fetchKeys,
  });
  return { ...rules, keys };
}

/**
 * Checks signature, issuer, audience, times and header of a token. Throws `not-authenticated` for anything that proves
 * nothing, and `identity-unavailable` if the keys cannot be fetched.
 */
export async function verifyToken(realm: Realm, kind: TokenKind, token: string): Promise<JWTPayload> {
  try {
    const { payload, protectedHeader } = await jwtVerify(token, realm.keys, {
      issuer: realm.issuer,
      audience: kind.audience,
      algorithms: [...realm.algorithms],
      clockTolerance: realm.clockSkewSeconds,
      requiredClaims: [...kind.required],
    });
    if (!kind.types.includes((protectedHeader.typ ?? "JWT").toLowerCase()))
      throw refuseToken(kind.name, "it is another kind of token");
    const now = Math.floor(Date.now() / 1_000);
    if (payload.iat !== undefined && payload.iat > now + realm.clockSkewSeconds)
      throw refuseToken(kind.name, "it was issued in the future");
    return payload;
  } catch (error) {
    if (error instanceof ProductError) throw error;
    if (error instanceof errors.JWTExpired) throw refuseToken(kind.name, "it has expired");
    if (error instanceof errors.JWTClaimValidationFailed)
      throw refuseToken(kind.name, `its claim ${error.claim} is not accepted`);
    if (
      error instanceof errors.JWKSTimeout ||
      !(error instanceof errors.JOSEError) ||
      error.code === "ERR_JOSE_GENERIC"
    )
      throw new ProductError("identity-unavailable", `check ${kind.name}: the issuer's keys cannot be fetched`, {
        cause: error,
      });
    throw refuseToken(kind.name, "its signature or format is not valid");
  }
}

/** Returns the token of `Authorization: Bearer`. Throws `not-authenticated`; the message says if it is missing or not a JWT. */
export function readBearer(name: string, authorization: string | null): string {
  const [, scheme, token] = /^(\S+)(?: +(.*))?$/.exec(authorization ?? "") ?? [];
  if (scheme === undefined) throw refuseToken(name, "none given (send Authorization: Bearer <token>)");
  if (scheme.toLowerCase() !== "bearer")
    throw refuseToken(name, "none given: Authorization has another scheme (send Authorization: Bearer <token>)");
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token ?? ""))
    throw refuseToken(name, "it is not a single JWT (send it whole, as the issuer gave it)");
  return token ?? "";
}

export function refuseToken(name: string, reason: string): ProductError {
  return new ProductError("not-authenticated", `check ${name}: ${reason}`);
}

function isKeySet(text: string): boolean {
  try {
    const keys: unknown = (JSON.parse(text) as { keys?: unknown } | null)?.keys;
    return Array.isArray(keys) && keys.length > 0;
  } catch {
    return false; // not JSON, so not the issuer's keys
  }
}
