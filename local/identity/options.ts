import type { BrowserClient, Client, User } from "./accounts.ts";
import type { Listeners } from "./listeners.ts";
import type { SignedIn } from "./logins.ts";
import type { Imitated } from "./version.ts";

export interface IdentityProviderOptions {
  /** A JSON file for the signing keys; ":memory:" keeps them in memory only. */
  readonly store: string;
  /** A port on 127.0.0.1; a free one if 0 or absent. */
  readonly port?: number;
  /** Default "sde". */
  readonly realm?: string;
  /** Default: the newest. */
  readonly imitates?: Imitated;
  /**
   * Whether a token by password belongs to a session with Guacamole too (default: true). In Keycloak it does not, but
   * tests ask for tokens of people who are taken to be in Guacamole.
   */
  readonly tokensAreLogins?: boolean;
  readonly audience: string;
  readonly clients: readonly Client[];
  readonly users: readonly User[];
  readonly log?: (line: string) => void;
  readonly now?: () => Date;
  /** A token's lifetime; default 300, as in Keycloak. */
  readonly tokenSeconds?: number;
  /** The client that is notified by back-channel logout when a session ends; default "guacamole". */
  readonly guacamoleClient?: string;
  /** The clients by which people log in in a browser. */
  readonly browserClients?: readonly BrowserClient[];
}

export interface IdentityProvider {
  /** http://127.0.0.1:port/realms/sde */
  readonly issuer: string;
  readonly port: number;
  /**
   * Returns a token for tests: the first client's, with `claims` and `header` added, or removed if their value is
   * undefined. `alg` may be RS256, RS384, RS512, none, or HS256 (with the public key as its secret); anything else
   * throws.
   */
  signToken(claims?: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>;
  /** Signs with a new key from now on. Earlier tokens stay valid. */
  rotateKeys(): Promise<void>;
  /** Replaces the clients by which people log in in a browser. */
  setBrowserClients(clients: readonly BrowserClient[]): void;
  /** Notifies these listeners from now on, as Keycloak with keycloak-events does. */
  tell(listeners: Listeners): void;
  /**
   * Logs a person in to Guacamole in a browser, and tells the webhook. Without `ownSession` they join their first
   * session, if they have one, as in a browser in which they are logged in already. Throws if there is no such person.
   */
  signIn(username: string, options?: { ownSession?: boolean }): Promise<SignedIn>;
  /** Logs a person out of all sessions. Resolves when the listeners have answered. Unknown people are ignored. */
  logOut(username: string): Promise<void>;
  /** Keeps events back until they are released, in this or the opposite order. */
  holdEvents(): { release(order?: "as sent" | "reversed"): Promise<void> };
  close(): Promise<void>;
}
