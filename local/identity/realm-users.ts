import type { User } from "./accounts.ts";
import { stableId } from "./stable-id.ts";

/** A login that is still valid. */
export interface Session {
  readonly id: string;
  readonly startedAt: Date;
  /** The clients that the person has logged in to in this session. */
  readonly clients: readonly string[];
}

/** A person's current state in the realm: what administrators and logins change. */
export interface RealmUser {
  readonly user: User;
  readonly subject: string;
  /** In lower case, as Keycloak stores it. */
  readonly username: string;
  enabled: boolean;
  groups: readonly string[];
  sessions: readonly Session[];
}

/** The realm's people, initially the configured accounts. Changes are kept in memory only. */
export interface RealmUsers {
  byName(username: string): RealmUser | undefined;
  bySubject(subject: string): RealmUser | undefined;
  remove(person: RealmUser): void;
  /** The accounts, for the sign-in page. */
  all(): readonly User[];
}

export function realmUsers(users: readonly User[]): RealmUsers {
  const people = users.map((user): RealmUser => {
    const username = user.username.toLowerCase();
    const groups = user.claims?.["groups"];
    return {
      user,
      username,
      subject: user.subject ?? stableId(username),
      enabled: true,
      groups: Array.isArray(groups) ? groups.filter((group) => typeof group === "string") : [],
      sessions: [],
    };
  });
  return {
    byName: (username) => people.find((person) => person.username === username.toLowerCase()),
    bySubject: (subject) => people.find((person) => person.subject === subject),
    remove(person) {
      people.splice(people.indexOf(person), 1);
    },
    all: () => people.map(({ user }) => user),
  };
}
