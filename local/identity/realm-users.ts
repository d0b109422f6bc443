import { randomUUID } from "node:crypto";
import type { User } from "./accounts.ts";
import { stableId } from "./stable-id.ts";

/** A person as the realm knows them now: what administrators change, and the session, one a person, as a browser with a cookie has. */
export interface RealmUser {
  readonly user: User;
  readonly subject: string;
  /** As Keycloak keeps it. */
  readonly username: string;
  enabled: boolean;
  groups: readonly string[];
  session: string | undefined;
}

/** The realm's people, from the accounts that it was started with; what changes is forgotten at the end. */
export interface RealmUsers {
  byName(username: string): RealmUser | undefined;
  bySubject(subject: string): RealmUser | undefined;
  remove(person: RealmUser): void;
  /** The person's session, a new one where there is none. */
  sessionOf(person: RealmUser): string;
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
      session: undefined,
    };
  });
  return {
    byName: (username) => people.find((person) => person.username === username.toLowerCase()),
    bySubject: (subject) => people.find((person) => person.subject === subject),
    remove(person) {
      people.splice(people.indexOf(person), 1);
    },
    sessionOf: (person) => (person.session ??= randomUUID()),
  };
}
