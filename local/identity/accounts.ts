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

export interface User {
  readonly username: string;
  /** Default: a UUID derived from the name. */
  readonly subject?: string;
  readonly password: string;
  readonly roles?: readonly string[];
  /** Added to the user's tokens, for example groups. */
  readonly claims?: Readonly<Record<string, unknown>>;
}
