import type { BrowserClient } from "./accounts.ts";
import type { Claims, TokenFrame } from "./claims.ts";
import type { Telling } from "./listeners.ts";
import type { RealmUser, RealmUsers, Session } from "./realm-users.ts";

/** What logins in a browser need of the realm. */
export interface BrowserRealm {
  readonly issuer: string;
  /** For example /realms/sde: the path of its cookies. */
  readonly path: string;
  readonly people: RealmUsers;
  readonly frame: TokenFrame;
  readonly telling: Telling;
  readonly clients: () => readonly BrowserClient[];
  readonly sign: (claims: Claims) => string;
  readonly now: () => Date;
}

/** What a code stands for. */
export interface CodeGrant {
  readonly client: string;
  readonly redirectUri: string;
  readonly challenge: string;
  readonly nonce: string | undefined;
  readonly login: Login;
  readonly issuedAt: Date;
  used: boolean;
}

/** A person in a session, with a client. */
export interface Login {
  readonly subject: string;
  readonly session: string;
  /** As asked for. */
  readonly scope: string;
  /** "1": by a form just now; "0": by single sign-on. */
  readonly acr: string;
}

/** The person, if they exist and may log in, and the session, if it is alive. */
export function findSession(
  { people }: BrowserRealm,
  { subject, session: id }: { subject: string; session: string },
): { person: RealmUser; session: Session } | undefined {
  const person = people.bySubject(subject);
  const session = person?.sessions.find((each) => each.id === id);
  return person && session && { person, session };
}
