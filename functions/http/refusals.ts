import { type ErrorCode, errorCodes } from "../../shared/errors.ts";
import { isChange } from "./endpoint.ts";
import type { DescribedRoute } from "./route.ts";

/**
 * Returns the codes with which a route can refuse, by status in ascending order: its own, and those that follow from
 * its input and from how callers authenticate.
 */
export function refusalsOf({
  path,
  method,
  endpoint,
  proof,
}: DescribedRoute): ReadonlyMap<number, readonly ErrorCode[]> {
  const { callers, body, refuses = [] } = endpoint;
  const codes = new Set<ErrorCode>([
    "malformed-address",
    ...(proof === "token" ? byToken : []),
    ...(proof === "signature" ? bySignature : []),
    ...(path.includes("{username}") ? (["malformed-username"] as const) : []),
    // An empty segment makes it another path, which no route has.
    ...(path.includes("{") ? (["not-found"] as const) : []),
    // Somebody else's is answered as not found.
    ...(proof === "token" && !callers.includes("owner") ? (["not-allowed"] as const) : []),
    ...(proof === "token" && path.includes("{") && isChange(method) ? (["too-many-requests"] as const) : []),
    ...(body ? withBody : []),
    ...(body && proof === "token" ? withCheckedBody : []),
    "method-not-allowed",
    ...refuses,
    "internal",
  ]);
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    const [status] = errorCodes[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return new Map([...byStatus].sort(([one], [other]) => one - other));
}

/**
 * Every query is checked, even if it should be empty; and every such route calls the cluster, the database or the hub.
 */
const byToken = [
  "malformed-parameter",
  "not-authenticated",
  "not-ours",
  "step-failed",
  "damaged-record",
  "identity-unavailable",
  "cluster-unavailable",
  "cluster-untrusted",
  "cluster-not-authenticated",
  "cluster-not-allowed",
  "cluster-overloaded",
  "cluster-failed",
  "guacamole-unavailable",
  "durable-unavailable",
  "too-many-writers",
] as const;

const bySignature = ["identity-unavailable", "durable-unavailable"] as const;

const withBody = ["length-required", "body-too-large"] as const;

/** Not for Keycloak's calls: their signature is checked first, and whatever is signed is accepted. */
const withCheckedBody = ["malformed-body", "unsupported-media-type"] as const;
