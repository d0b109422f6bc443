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

/** Where Guacamole is in the development realm. */
const redirectUri = "http://localhost:8080/guacamole/";

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

/** Logs the person in to Guacamole, and tells the webhook. */
export async function signIn(
  telling: Telling,
  person: RealmUser,
  isOwn: boolean,
  idTokenOf: (session: string, nonce: string) => string,
): Promise<SignedIn> {
  const session = openSession(telling, person, [telling.client], isOwn);
  await tellEvent(telling, {
    type: "access.LOGIN",
    authDetails: authDetailsOf(telling, person, session.id),
    details: {
      auth_method: "openid-connect",
      auth_type: "code",
      token_id: telling.imitates === "25.0.4" ? randomUUID() : `onrtna:${randomUUID()}`,
      scope: "openid email profile",
      response_type: "id_token",
      redirect_uri: redirectUri,
      consent: "no_consent_required",
      code_id: session.id,
      username: person.username,
      response_mode: "fragment",
    },
  });
  return {
    session: session.id,
    idToken: idTokenOf(session.id, randomUUID()),
    signOut: () => logOut(telling, person, [session]),
  };
}

/** Ends sessions as the person does, by Guacamole's button: each has its back-channel call, then its event. */
export async function logOut(telling: Telling, person: RealmUser, sessions = person.sessions): Promise<void> {
  for (const session of sessions) {
    await endSession(telling, person, session);
    // keycloak-events on Keycloak 25 names the session of the logout's own page.
    const named = telling.imitates === "25.0.4" ? randomUUID() : session.id;
    await tellEvent(telling, {
      type: "access.LOGOUT",
      authDetails: authDetailsOf(telling, person, named),
      details: { redirect_uri: redirectUri },
    });
  }
}

function authDetailsOf({ realm, client }: Telling, { subject, username }: RealmUser, sessionId: string) {
  return { realmId: realm, clientId: client, userId: subject, ipAddress: "127.0.0.1", username, sessionId };
}
