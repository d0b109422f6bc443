/** What an access token says of its person, for what the page shows. The API checks the token; nothing is decided here. */
export interface AccessClaims {
  preferred_username?: string;
  name?: string;
  realm_access?: { roles?: string[] };
  resource_access?: Readonly<Record<string, { roles?: string[] }>>;
}

export function claimsOf(token: string): AccessClaims {
  const payload = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
  const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes)) as AccessClaims;
}

/** The roles that count for the API: those of the realm, and those of its own client (shared/identity/access-token.ts). */
export function rolesOf({ realm_access, resource_access = {} }: AccessClaims, audience: string): string[] {
  return [...new Set([...(realm_access?.roles ?? []), ...(resource_access[audience]?.roles ?? [])])];
}
