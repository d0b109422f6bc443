import { decodeJwt } from "jose";
import { type Principal, type VerifyToken } from "./access-token.ts";
import { readBearer, type Realm, refuseToken, verifyToken } from "./realm.ts";

/** Which of the cluster's tokens count, and what they are good for. */
export interface TimerTokenRules {
  audience: string;
  /** `system:serviceaccount:NAMESPACE:NAME` */
  subject: string;
  /** The only role that such a token has. */
  role: string;
}

const name = "service account token";

/**
 * What the API server signs with, by its kind of key (pkg/serviceaccount/jwt.go of 1.37). The realm's may be limited to others
 * (OIDC_ALGORITHMS).
 */
const algorithms = ["RS256", "ES256", "ES384", "ES512"];

/**
 * Nobody asks the API server whether the pod and the account of a token still exist, so a token counts only if it soon
 * ends by itself. The kubelet's live as long as the pod asks for, an hour by default.
 */
const longestSeconds = 24 * 60 * 60;

/**
 * Checks the token of a caller who stands in for a timer: a token of the cluster if it names the cluster as its issuer, else
 * whatever `others` checks. A token that claims to be the cluster's is never tried as another one.
 *
 * @param cluster the API server as an issuer of tokens (kubernetes.io/docs/reference/access-authn-authz/authentication,
 *   "Service account tokens"; projected tokens name account and audience)
 */
export function timerTokens(
  cluster: Omit<Realm, "algorithms">,
  { audience, subject, role }: TimerTokenRules,
  others: VerifyToken,
): VerifyToken {
  const kind = { name, audience, types: ["jwt"], required: ["exp", "iat", "sub"] };

  async function verifyAccount(authorization: string | null): Promise<Principal> {
    const {
      sub,
      iat = 0,
      exp = Infinity,
    } = await verifyToken({ ...cluster, algorithms }, kind, readBearer(name, authorization));
    if (sub !== subject) throw refuseToken(name, "it is that of another service account (TIMERS_SUBJECT names ours)");
    if (exp - iat > longestSeconds) throw refuseToken(name, "it lives for more than a day (use a projected token)");
    return { subject, username: subject, client: "", roles: new Set([role]), claims: {}, session: undefined };
  }

  return (authorization) =>
    claimedIssuer(authorization) === cluster.issuer ? verifyAccount(authorization) : others(authorization);
}

/** What an unchecked token says of its issuer. It only decides who checks it. */
function claimedIssuer(authorization: string | null): unknown {
  try {
    return decodeJwt(readBearer(name, authorization)).iss;
  } catch {
    return undefined; // no token, or none that can be read: refused as usual
  }
}
