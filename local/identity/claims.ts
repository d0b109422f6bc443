import { randomUUID } from "node:crypto";
import type { Client } from "./accounts.ts";
import type { RealmUser } from "./realm-users.ts";
import { stableId } from "./stable-id.ts";

export type Claims = Record<string, unknown>;

/** The public client with which people exchange their password for a token, from a terminal. */
export const cliClient = "guacamole-workspaces-cli";

/** What all access tokens of one issuer have in common. */
export interface TokenFrame {
  readonly issuer: string;
  readonly audience: string;
  readonly tokenSeconds: number;
}

/** Keycloak's claims of a client's own token: its service account is a user named after it. */
export function serviceAccountClaims(client: Client, frame: TokenFrame, now: Date): Claims {
  return {
    ...commonClaims(frame, now),
    sub: stableId(`service-account-${client.id}`),
    azp: client.id,
    client_id: client.id,
    clientHost: "127.0.0.1",
    clientAddress: "127.0.0.1",
    preferred_username: `service-account-${client.id}`,
    realm_access: { roles: client.roles },
  };
}

/** Keycloak's claims of a person's token. The user's own claims are added but cannot replace the ones below. */
export function userClaims(
  { user, username, subject, groups }: RealmUser,
  session: string,
  frame: TokenFrame,
  now: Date,
): Claims {
  return {
    ...user.claims,
    ...(user.claims && "groups" in user.claims ? { groups } : {}),
    ...commonClaims(frame, now),
    sub: subject,
    azp: cliClient,
    sid: session,
    preferred_username: username,
    realm_access: { roles: user.roles ?? [] },
  };
}

export function commonClaims({ issuer, audience, tokenSeconds }: TokenFrame, now: Date): Claims {
  const issuedAt = Math.floor(now.getTime() / 1000);
  return {
    exp: issuedAt + tokenSeconds,
    iat: issuedAt,
    jti: randomUUID(),
    iss: issuer,
    aud: audience,
    typ: "Bearer",
    acr: "1",
    scope: "profile email",
  };
}
