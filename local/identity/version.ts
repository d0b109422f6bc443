import { randomBytes, randomUUID } from "node:crypto";

/** The Keycloak that is imitated, each with the keycloak-events that was seen on it. */
export type Imitated = "25.0.4" | "26.7.3";

/** A new session's id. */
export function newSessionId(imitated: Imitated): string {
  return imitated === "25.0.4" ? randomUUID() : randomBytes(18).toString("base64url");
}

/** A token's `jti`. Keycloak 26 writes before it what kind of token it is, and by which grant. */
export function tokenId(imitated: Imitated, kind: "by-client" | "by-password"): string {
  if (imitated === "25.0.4") return randomUUID();
  return `${kind === "by-client" ? "trrtcc" : "onrtro"}:${randomUUID()}`;
}
