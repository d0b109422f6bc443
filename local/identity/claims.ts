import { createHash, randomUUID } from "node:crypto";
import type { Client } from "./accounts.ts";
import type { RealmUser } from "./realm-users.ts";
import { stableId } from "./stable-id.ts";
import { type Imitated, tokenId } from "./version.ts";

export type Claims = Record<string, unknown>;

/** The public client with which people exchange their password for a token, from a terminal. */
export const cliClient = "guacamole-workspaces-cli";

/** The client of Keycloak's admin API: its roles say who may call that. */
export const managementClient = "realm-management";

/** What all access tokens of one issuer have in common. */
export interface TokenFrame {
  readonly issuer: string;
  readonly audience: string;
  readonly tokenSeconds: number;
  readonly imitates: Imitated;
}

/** Keycloak's claims of a client's own token: its service account is a user named after it. */
export function serviceAccountClaims(client: Client, frame: TokenFrame, now: Date): Claims {
  const management = client.managementRoles ?? [];
  return {
    ...commonClaims(frame, now),
    jti: tokenId(frame.imitates, "by-client"),
    // Without a mapper for ours, only that of the clients whose roles it has.
    aud: management.length > 0 ? managementClient : frame.audience,
    sub: stableId(`service-account-${client.id}`),
    azp: client.id,
    ...realmAccess(client.roles),
    ...(management.length > 0 && { resource_access: { [managementClient]: { roles: management } } }),
    scope: "profile email",
    email_verified: false,
    preferred_username: `service-account-${client.id}`,
    ...(frame.imitates === "25.0.4" && {
      clientHost: "127.0.0.1",
      clientAddress: "127.0.0.1",
      client_id: client.id,
    }),
  };
}

/** Keycloak's claims of a person's token. The user's own claims are added but cannot replace the ones below. */
export function userClaims(person: RealmUser, session: string, scope: string, frame: TokenFrame, now: Date): Claims {
  const { user, groups } = person;
  return {
    ...user.claims,
    ...commonClaims(frame, now),
    ...personClaims(person),
    ...groupsClaim(groups),
    jti: tokenId(frame.imitates, "by-password"),
    azp: cliClient,
    sid: session,
    ...realmAccess(user.roles ?? []),
    scope,
  };
}

/** What an ID token says of how it came about. */
export interface IdTokenBy {
  /** That of the same answer. */
  accessToken?: string;
  /** When the person logged in, in a browser: seconds since 1970. */
  authTime?: number;
  nonce?: string | undefined;
  acr?: string;
  /** Default: yes. */
  hasEmail?: boolean;
}

/** Keycloak's claims of a person's ID token. */
export function idClaims(
  person: RealmUser,
  session: string,
  client: string,
  frame: TokenFrame,
  now: Date,
  { accessToken, authTime, nonce, acr = "1", hasEmail }: IdTokenBy,
): Claims {
  return {
    ...commonClaims(frame, now),
    acr,
    ...(authTime !== undefined && { auth_time: authTime }),
    ...(nonce !== undefined && { nonce }),
    ...(accessToken !== undefined && { at_hash: halfHash(accessToken) }),
    ...personClaims(person, hasEmail),
    aud: client,
    typ: "ID",
    azp: client,
    sid: session,
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
  };
}

/** The development realm's people have their username as first name, and all the same last name. */
export function profileOf({ username }: RealmUser): { firstName: string; lastName: string; email: string } {
  return { firstName: username, lastName: "Sample", email: `${username}@example.org` };
}

export function personClaims(person: RealmUser, hasEmail = true): Claims {
  const { firstName, lastName, email } = profileOf(person);
  return {
    sub: person.subject,
    name: `${firstName} ${lastName}`,
    preferred_username: person.username,
    given_name: firstName,
    family_name: lastName,
    ...(hasEmail && { email, email_verified: false }),
  };
}

/** Somebody without groups has no such claim, whatever the account was given at the start. */
export function groupsClaim(groups: readonly string[]): Claims {
  return { groups: groups.length > 0 ? groups : undefined };
}

/** Somebody without roles has no such claim. */
export function realmAccess(roles: readonly string[]): Claims {
  return roles.length === 0 ? {} : { realm_access: { roles } };
}

/** https://openid.net/specs/openid-connect-core-1_0.html#CodeIDToken */
function halfHash(token: string): string {
  return createHash("sha256").update(token).digest().subarray(0, 16).toString("base64url");
}
