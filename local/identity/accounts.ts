/** A confidential client with a service account. */
export interface Client {
  readonly id: string;
  readonly secret: string;
  readonly roles: readonly string[];
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
