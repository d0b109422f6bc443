import type { JWK } from "jose";
import { expect } from "vitest";

/** What is tested: for example Keycloak 26.7.3 with keycloak-events 0.59, or without. */
export interface Version {
  keycloak: string;
  events: string | undefined;
}

/** Where Keycloak sends what happens. */
export interface Told {
  /** Of Guacamole's client and of the portal's. */
  backchannelLogout: string;
  webhook: { url: string; secret: string };
}

/** A login to Guacamole in a browser of its own. */
export interface SignedIn {
  idToken: string;
  /** Logs out as Guacamole's own button does. */
  signOut: () => Promise<void>;
}

export interface ContractRealm {
  readonly name: string;
  readonly issuer: string;
  /** Confidential clients with a service account: the login flow's, one that may look people up, one that may change them. */
  readonly service: { id: string; secret: string };
  readonly lookup: { id: string; secret: string };
  readonly administrator: { id: string; secret: string };
  /** A client with a service account and without a secret, and its private key. */
  readonly keyed: { id: string; key: JWK };
  /** The client of the portal. Nothing listens at its origin. */
  readonly portal: { id: string; origin: string };
  /** The password of each person is their name. */
  signIn(username: string): Promise<SignedIn>;
  tell(told: Told): Promise<void>;
  rotateKeys(): Promise<void>;
  close(): Promise<void>;
}

/** In what the versions differ. */
export interface VersionFacts {
  is26: boolean;
  sessionId: RegExp;
  /** The `jti` of access tokens by client credentials, by password, by code and by refresh token. */
  tokenId: { service: RegExp; person: RegExp; code: RegExp; refresh: RegExp };
  /** The status for a wrong password. */
  wrongPassword: 400 | 401;
  /** Whether an administrator's logout of a person tells each of their sessions. If not, it tells one. */
  tellsEachSession: boolean;
  /** Whether `role-mappings` shows the roles to a client that may only look people up, not the realm. */
  mappingsToAll: boolean;
  /** Whether tokens are refused to a page of an origin that the client does not list. If not, browsers keep them from it. */
  refusesForeignOrigins: boolean;
  /** Whether events have a field `id`, `realmName` and, about administrators, `resourceId`. */
  eventsNameTheRealm: boolean;
}

const uuid = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}";

export function versionFacts({ keycloak, events }: Version): VersionFacts {
  const [major = 0, minor = 0] = keycloak.split(".").map(Number);
  const is26 = major >= 26;
  const is267 = major > 26 || (is26 && minor >= 7);
  return {
    is26,
    sessionId: is26 ? /^[\w-]{24}$/ : new RegExp(`^${uuid}$`),
    tokenId: {
      service: new RegExp(is26 ? `^trrtcc:${uuid}$` : `^${uuid}$`),
      person: new RegExp(is26 ? `^onrtro:${uuid}$` : `^${uuid}$`),
      code: new RegExp(is26 ? `^onrtac:${uuid}$` : `^${uuid}$`),
      refresh: new RegExp(is26 ? `^onrtrt:${uuid}$` : `^${uuid}$`),
    },
    wrongPassword: is267 ? 400 : 401,
    tellsEachSession: is267,
    mappingsToAll: !is267,
    refusesForeignOrigins: is267,
    eventsNameTheRealm: Number(events?.split(".")[1] ?? 0) > 33,
  };
}

export const anyUuid = matching(new RegExp(`^${uuid}$`));
export const anyNumber = expect.any(Number) as number;
export const anyText = expect.any(String) as string;

export function matching(pattern: RegExp): string {
  return expect.stringMatching(pattern) as string;
}

/** Scopes in any order: Keycloak's differs from start to start. */
export function scopes(...names: readonly string[]): string {
  return matching(new RegExp(`^(?=.*\\b${names.join("\\b)(?=.*\\b")}\\b)[a-z ]{${names.join(" ").length}}$`));
}

/** Whole seconds that are left of so many. */
export function secondsLeft(seconds: number): number {
  return expect.toBeOneOf([seconds, seconds - 1]) as number;
}

/** Asks for a token. */
export async function askToken(
  { issuer }: ContractRealm,
  form: string | Record<string, string>,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: Record<string, unknown> & { access_token?: string; id_token?: string } }> {
  const response = await fetch(`${issuer}/protocol/openid-connect/token`, {
    method: "POST",
    body: new URLSearchParams(form),
    headers,
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

export const cli = { grant_type: "password", client_id: "guacamole-workspaces-cli" };

export async function personToken(realm: ContractRealm, username: string, scope = "openid"): Promise<string> {
  const { body } = await askToken(realm, { ...cli, username, password: username, scope });
  return body.access_token ?? "";
}

export async function clientToken(
  realm: ContractRealm,
  { id, secret }: { id: string; secret: string },
): Promise<string> {
  const form = { grant_type: "client_credentials", client_id: id, client_secret: secret };
  return (await askToken(realm, form)).body.access_token ?? "";
}

/** Calls the admin API, below /admin/realms/{realm}. */
export async function callAdmin(
  { issuer }: ContractRealm,
  token: string | null,
  method: string,
  path: string,
  body?: object,
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(issuer.replace("/realms/", "/admin/realms/") + path, {
    method,
    headers: {
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...(body && { "content-type": "application/json" }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
}
