import { type ErrorCode, errorCodes } from "../../shared/errors.ts";
import type { DescribedRoute } from "./route.ts";

/**
 * With which codes a route can refuse, by status in ascending order: those of its own, and those that follow from what it
 * takes and how callers prove who they are.
 */
export function refusalsOf({ path, endpoint, proof }: DescribedRoute): ReadonlyMap<number, readonly ErrorCode[]> {
  const { callers, body, refuses = [] } = endpoint;
  const codes = new Set<ErrorCode>([
    ...(proof === "token" ? byToken : []),
    ...(proof === "signature" ? bySignature : []),
    ...(path.includes("{username}") ? (["malformed-username"] as const) : []),
    // Also where a part of the address is empty: then it is another address, which no route has.
    ...(path.includes("{") ? (["not-found"] as const) : []),
    // Whether it is their own is found out later, and then it is not found.
    ...(proof === "token" && !callers.includes("owner") ? (["not-allowed"] as const) : []),
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

/** Every query is checked, also one that should be empty; and every such route asks the cluster, the database or the hub. */
const byToken = [
  "malformed-parameter",
  "not-authenticated",
  "not-ours",
  "step-failed",
  "damaged-record",
  "identity-unavailable",
  "cluster-unavailable",
  "guacamole-unavailable",
  "durable-unavailable",
  "too-many-writers",
] as const;

const bySignature = ["identity-unavailable", "durable-unavailable"] as const;

const withBody = ["length-required", "body-too-large"] as const;

/** Of Keycloak's calls the signature is checked first, and what is signed is taken. */
const withCheckedBody = ["malformed-body", "unsupported-media-type"] as const;
