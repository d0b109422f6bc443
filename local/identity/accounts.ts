import type { JWK } from "jose";

/** A confidential client with a service account. */
export interface Client {
  readonly id: string;
  /** Empty if it has a key instead. */
  readonly secret: string;
  /** The public key by which it logs in ("Signed JWT" in Keycloak), with `kid` and `alg`. */
  readonly key?: JWK;
  readonly roles: readonly string[];
  /** Roles of the client `realm-management`, which open the admin API. Its tokens then lack our audience. */
  readonly managementRoles?: readonly string[];
}

/** A public client by which people log in, in a browser. */
export interface BrowserClient {
  readonly id: string;
  /** A code with PKCE by S256, for access and refresh tokens; or an ID token at once, as Guacamole asks for it. */
  readonly flow: "code" | "implicit";
  /** Exact; with a * at the end, everything that begins like it. */
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris: readonly string[];
  /** The origins whose pages may call the token endpoint. */
  readonly webOrigins: readonly string[];
  /** What may be asked for besides `openid`. `profile` and `email` say what is in the tokens. */
  readonly scopes: readonly string[];
  /** The realm's roles that may be in its tokens: "Full scope allowed" is off. */
  readonly roles: readonly string[];
  /** Where the end of its sessions is told. Guacamole's is in `Listeners`. */
  readonly backchannelLogout?: string;
}

export interface User {
  readonly username: string;
  /** Default: a UUID derived from the name. */
  readonly subject?: string;
  readonly password: string;
  readonly roles?: readonly string[];
  /** Added to the user's tokens, for example groups. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** What the sign-in page says about them. */
  readonly about?: string;
}
