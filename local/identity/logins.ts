import { randomUUID } from "node:crypto";
import { endSession } from "./admin-api.ts";
import { tellEvent, type Telling } from "./listeners.ts";
import type { RealmUser, Session } from "./realm-users.ts";
import { newSessionId } from "./version.ts";

/** A login to Guacamole in a browser. */
export interface SignedIn {
  session: string;
  idToken: string;
  /** Logs out of this session, as Guacamole's own button does. */
  signOut: () => Promise<void>;
}

/** Where a person comes from, and goes back to. */
export interface By {
  client: string;
  redirectUri: string;
}

/** Where Guacamole is in the development realm. */
const guacamoleUri = "http://localhost:8080/guacamole/";

/**
 * Logs the person in to clients and returns the session: one of its own, or the person's first, as in a browser in
 * which they are logged in already.
 */
export function openSession(telling: Telling, person: RealmUser, clients: readonly string[], isOwn: boolean): Session {
  const [joined] = isOwn ? [] : person.sessions;
  const session: Session = {
    ...(joined ?? { id: newSessionId(telling.imitates), startedAt: telling.now() }),
    clients: [...new Set([...(joined?.clients ?? []), ...clients])],
  };
  person.sessions = joined
    ? person.sessions.map((each) => (each.id === joined.id ? session : each))
    : [...person.sessions, session];
  return session;
}

/** Lets another client take part in a session that is alive. */
export function joinSession(person: RealmUser, session: string, client: string): void {
  person.sessions = person.sessions.map((each) =>
    each.id === session ? { ...each, clients: [...new Set([...each.clients, client])] } : each,
  );
}

/** Takes a client out of a session, as Keycloak does when one of its codes or refresh tokens is used again. */
export function leaveSession(person: RealmUser, session: string, client: string): void {
  person.sessions = person.sessions.map((each) =>
    each.id === session ? { ...each, clients: each.clients.filter((other) => other !== client) } : each,
  );
}

/** Logs the person in to Guacamole, and tells the webhook. */
export async function signIn(
  telling: Telling,
  person: RealmUser,
  isOwn: boolean,
  idTokenOf: (session: Session, nonce: string) => string,
): Promise<SignedIn> {
  const session = openSession(telling, person, [telling.client], isOwn);
  await tellLogin(telling, person, session.id, { client: telling.client, redirectUri: guacamoleUri }, "id_token");
  return {
    session: session.id,
    idToken: idTokenOf(session, randomUUID()),
    signOut: () => logOut(telling, person, [session]),
  };
}

/** The event of a login, as keycloak-events 0.59 sends it: of a form and of single sign-on alike. */
export async function tellLogin(
  telling: Telling,
  person: RealmUser,
  session: string,
  by: By,
  responseType: "code" | "id_token",
): Promise<void> {
  const token = {
    token_id: telling.imitates === "25.0.4" ? randomUUID() : `onrtna:${randomUUID()}`,
    scope: "openid email profile",
  };
  await tellEvent(telling, {
    type: "access.LOGIN",
    authDetails: authDetailsOf(telling, person, session, by.client),
    details: {
      auth_method: "openid-connect",
      auth_type: "code",
      ...(responseType === "id_token" && token),
      response_type: responseType,
      redirect_uri: by.redirectUri,
      consent: "no_consent_required",
      code_id: session,
      username: person.username,
      response_mode: responseType === "id_token" ? "fragment" : "query",
    },
  });
}

/** Ends sessions as the person does, by a client's button: each has its back-channel calls, then its event. */
export async function logOut(
  telling: Telling,
  person: RealmUser,
  sessions = person.sessions,
  by: By = { client: telling.client, redirectUri: guacamoleUri },
): Promise<void> {
  for (const session of sessions) {
    await endSession(telling, person, session);
    // keycloak-events on Keycloak 25 names the session of the logout's own page.
    const named = telling.imitates === "25.0.4" ? randomUUID() : session.id;
    await tellEvent(telling, {
      type: "access.LOGOUT",
      authDetails: authDetailsOf(telling, person, named, by.client),
      details: { redirect_uri: by.redirectUri },
    });
  }
}

function authDetailsOf({ realm }: Telling, { subject, username }: RealmUser, sessionId: string, client: string) {
  return { realmId: realm, clientId: client, userId: subject, ipAddress: "127.0.0.1", username, sessionId };
}
