import { randomBytes, randomUUID } from "node:crypto";

/** The Keycloak that is imitated, each with the keycloak-events that was seen on it. */
export type Imitated = "25.0.4" | "26.7.3";

/** A new session's id. */
export function newSessionId(imitated: Imitated): string {
  return imitated === "25.0.4" ? randomUUID() : randomBytes(18).toString("base64url");
}

/** A token's `jti`. Keycloak 26 writes before it what kind of token it is, and by which grant. */
export function tokenId(imitated: Imitated, kind: keyof typeof kinds): string {
  return imitated === "25.0.4" ? randomUUID() : `${kinds[kind]}:${randomUUID()}`;
}

const kinds = { "by-client": "trrtcc", "by-password": "onrtro", "by-code": "onrtac", "by-refresh": "onrtrt" };
