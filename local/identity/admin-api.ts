import { createHash } from "node:crypto";
import { tellEvent, tellLogout, type Telling } from "./listeners.ts";
import { cliClient } from "./claims.ts";
import type { RealmUser, RealmUsers } from "./realm-users.ts";
import { stableId } from "./stable-id.ts";

/** A call of Keycloak's admin REST API. Implemented is the part that looks up, logs out, changes and deletes people. */
export interface AdminRequest {
  method: string;
  /** The path below /admin/realms/{realm}, decoded, e.g. ["users", "<id>", "groups"]. */
  path: readonly string[];
  body: unknown;
  /** The caller, as the event names them. */
  admin: Readonly<Record<string, string>>;
}

export interface AdminAnswer {
  status: number;
  body?: object;
}

const gone: AdminAnswer = { status: 404, body: { error: "User not found" } };
const done: AdminAnswer = { status: 204 };

/** Carries out the call and then notifies the listeners, in Keycloak's order: after the change. */
export async function answerAdmin(users: RealmUsers, telling: Telling, request: AdminRequest): Promise<AdminAnswer> {
  const [collection, id = "", ...rest] = request.path;
  const person = users.bySubject(id);
  if (collection !== "users") return { status: 404, body: { error: "HTTP 404 Not Found" } };
  if (!person) return gone;
  const route = `${request.method} ${rest[0] ?? ""}`.trim();
  const tell = (type: string, representation?: object) =>
    tellEvent(telling, {
      type: `admin.${type}`,
      resourcePath: [collection, id, ...rest].join("/"),
      authDetails: request.admin,
      ...(representation && { representation: JSON.stringify(representation) }),
      details: { userId: id },
    });
  switch (route) {
    case "GET":
      return { status: 200, body: { id, username: person.username, enabled: person.enabled } };
    case "GET groups":
      return { status: 200, body: person.groups.map(groupOf) };
    case "GET sessions":
      return { status: 200, body: person.session === undefined ? [] : [sessionOf(telling, person, person.session)] };
    case "GET role-mappings":
      return { status: 200, body: rest.length > 1 ? (person.user.roles ?? []).map((name) => ({ name })) : {} };
    case "PUT": {
      const change = (request.body ?? {}) as { enabled?: boolean };
      person.enabled = change.enabled ?? person.enabled;
      await tell("USER-UPDATE", change);
      return done;
    }
    case "DELETE":
      users.remove(person);
      await tell("USER-DELETE");
      return done;
    case "POST logout":
      await endSession(telling, person);
      await tell("USER-ACTION");
      return done;
    case "DELETE groups": {
      const group = person.groups.find((path) => groupOf(path).id === rest[1]);
      if (group === undefined) return { status: 404, body: { error: "Group not found" } };
      person.groups = person.groups.filter((path) => path !== group);
      await tell("GROUP_MEMBERSHIP-DELETE", groupOf(group));
      return done;
    }
    default:
      return { status: 405, body: { error: "HTTP 405 Method Not Allowed" } };
  }
}

/**
 * A logout by the person: the back-channel call, and the event, which names the same session (recorded from Keycloak
 * 26.7.3 with keycloak-events 0.62, 2026-11-26).
 */
export async function logOut(telling: Telling, person: RealmUser): Promise<void> {
  const { subject: userId, username, session } = person;
  await endSession(telling, person);
  const authDetails = { userId, username, ...(session !== undefined && { sessionId: session }) };
  await tellEvent(telling, { type: "access.LOGOUT", authDetails });
}

async function endSession(telling: Telling, person: RealmUser): Promise<void> {
  const { session } = person;
  person.session = undefined;
  if (session !== undefined) await tellLogout(telling, person, session);
}

/** The person's one session, in which they use every client. Keycloak names the clients by their ids. */
function sessionOf({ client }: Telling, { subject, username }: RealmUser, id: string): object {
  const clients = Object.fromEntries([client, cliClient].map((name) => [stableId(name), name]));
  return { id, userId: subject, username, clients };
}

/** A group's id is derived from its path. */
function groupOf(path: string): { id: string; name: string; path: string } {
  const id = createHash("sha256").update(path).digest("hex").slice(0, 32);
  return { id, name: path.split("/").at(-1) ?? path, path };
}
