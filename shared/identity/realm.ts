import { errors, type JWTPayload, jwtVerify } from "jose";
import { ProductError } from "../errors.ts";
import type { RealmKeys } from "./realm-keys.ts";

/** The realm whose word counts: its issuer and its keys' address come from the settings, never from a token. */
export interface Realm {
  issuer: string;
  keys: RealmKeys;
  algorithms: readonly string[];
  clockSkewSeconds: number;
}

/** A kind of token of the realm: access token, webhook token, logout token. All are signed with the same keys. */
interface TokenKind {
  name: string;
  /** One of them is enough. */
  audience: string | readonly string[];
  /** What the header's `typ` may be; absent counts as JWT (RFC 8725 §3.11). */
  types: readonly string[];
  required: readonly string[];
}

/**
 * Checks signature, issuer, audience, times and header of a token. Throws `not-authenticated` for anything that proves
 * nothing, and `identity-unavailable` if the keys cannot be fetched.
 */
export async function verifyToken(realm: Realm, kind: TokenKind, token: string): Promise<JWTPayload> {
  try {
    const { payload, protectedHeader } = await jwtVerify(token, realm.keys.find, {
      issuer: realm.issuer,
      audience: typeof kind.audience === "string" ? kind.audience : [...kind.audience],
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
    if (!(error instanceof errors.JOSEError))
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
