import type { Caller } from "./caller.ts";
import { profileOf } from "./claims.ts";
import { tellEvent, tellLogout, type Telling } from "./listeners.ts";
import type { RealmUser, RealmUsers, Session } from "./realm-users.ts";
import { stableId } from "./stable-id.ts";
import { newSessionId } from "./version.ts";

/** A call of Keycloak's admin REST API. Implemented is the part that looks up, logs out, changes and deletes people. */
export interface AdminRequest {
  method: string;
  /** The path below /admin/realms/{realm}, decoded, e.g. ["users", "<id>", "groups"]. */
  path: readonly string[];
  body: unknown;
  caller: Caller;
}

export interface AdminAnswer {
  status: number;
  body?: object;
}

const done: AdminAnswer = { status: 204 };

/** Carries out the call and then notifies the listeners, in Keycloak's order: after the change. */
export async function answerAdmin(users: RealmUsers, telling: Telling, request: AdminRequest): Promise<AdminAnswer> {
  const [collection, id = "", ...rest] = request.path;
  const person = users.bySubject(id);
  if (collection !== "users") return failure(telling, 404, "HTTP 404 Not Found");
  if (!person) return failure(telling, 404, "User not found");
  const route = `${request.method} ${rest[0] ?? ""}`.trim();
  const tell = (
    type: string,
    resourceId: string,
    details: Readonly<Record<string, string>>,
    representation?: object,
  ): Promise<void> => {
    const [resourceType = "", operationType = ""] = type.split("-");
    return tellEvent(telling, {
      type: `admin.${type}`,
      operationType,
      resourceType,
      ...(telling.imitates === "26.7.3" && { resourceId }),
      resourcePath: [collection, id, ...rest].join("/"),
      authDetails: {
        realmId: telling.realm,
        clientId: stableId(`client ${request.caller.client}`),
        userId: request.caller.subject,
        ipAddress: "127.0.0.1",
        username: request.caller.username,
        ...((telling.imitates === "26.7.3" || resourceId === "logout") && {
          sessionId: newSessionId(telling.imitates),
        }),
      },
      ...(representation && { representation: JSON.stringify(representation) }),
      details,
    });
  };
  switch (route) {
    case "GET":
      return { status: 200, body: personOf(telling, person, request.caller) };
    case "GET groups":
      return {
        status: 200,
        body: person.groups.map((path) => ({ ...groupOf(path), ...parentOf(path), subGroups: [] })),
      };
    case "GET sessions":
      return { status: 200, body: person.sessions.map((session) => sessionOf(person, session)) };
    case "GET role-mappings": {
      const roles = (person.user.roles ?? []).map(roleOf);
      if (rest.length > 1) return { status: 200, body: roles };
      // Keycloak 26.7 shows a person's roles here only to those who may see the realm's.
      const shown = telling.imitates === "25.0.4" || request.caller.roles.includes("view-realm");
      return { status: 200, body: shown && roles.length > 0 ? { realmMappings: roles } : {} };
    }
    case "PUT": {
      const change = (request.body ?? {}) as { enabled?: boolean };
      person.enabled = change.enabled ?? person.enabled;
      await tell("USER-UPDATE", id, { userId: id, username: person.username }, change);
      return done;
    }
    case "DELETE": {
      users.remove(person);
      const names = telling.imitates === "25.0.4" ? undefined : { id, username: person.username };
      await tell("USER-DELETE", id, { userId: id }, names);
      return done;
    }
    case "POST logout":
      await endAll(telling, person);
      await tell("USER-ACTION", "logout", {});
      return done;
    case "DELETE groups": {
      const group = person.groups.find((path) => groupOf(path).id === rest[1]);
      if (group === undefined) return failure(telling, 404, "Group not found");
      person.groups = person.groups.filter((path) => path !== group);
      const left = { ...groupOf(group), subGroups: [], attributes: {}, realmRoles: [], clientRoles: {} };
      const { email } = profileOf(person);
      const details = telling.imitates === "25.0.4" ? {} : { email, username: person.username };
      await tell("GROUP_MEMBERSHIP-DELETE", groupOf(group).id, details, left);
      return done;
    }
    default:
      return failure(telling, 405, "HTTP 405 Method Not Allowed");
  }
}

/** Ends a session, and tells the clients that took part and have a back channel. */
export async function endSession(telling: Telling, person: RealmUser, session: Session): Promise<void> {
  person.sessions = person.sessions.filter(({ id }) => id !== session.id);
  for (const client of session.clients) {
    const url = telling.backchannelOf(client);
    if (url !== undefined) await tellLogout(telling, { subject: person.subject, session: session.id, client, url });
  }
}

/** Keycloak 25 tells the end of one of a person's sessions only, although all of them end. */
async function endAll(telling: Telling, person: RealmUser): Promise<void> {
  const withGuacamole = person.sessions.filter(({ clients }) => clients.includes(telling.client));
  const told = telling.imitates === "25.0.4" ? withGuacamole.slice(-1) : withGuacamole;
  person.sessions = person.sessions.filter((session) => told.includes(session));
  for (const session of told) await endSession(telling, person, session);
}

/** Keycloak 25 adds where its log is. */
export function failure({ imitates }: Pick<Telling, "imitates">, status: number, error: string): AdminAnswer {
  const where = { error_description: "For more on this error consult the server log at the debug level." };
  return { status, body: { error, ...(imitates === "25.0.4" && where) } };
}

function personOf({ imitates, startedAt }: Telling, person: RealmUser, { roles }: Caller): object {
  const may = roles.includes("manage-users");
  const is26 = imitates === "26.7.3";
  return {
    id: person.subject,
    username: person.username,
    ...profileOf(person),
    emailVerified: false,
    enabled: person.enabled,
    ...(is26 && { createdTimestamp: startedAt.getTime() }),
    totp: false,
    disableableCredentialTypes: [],
    requiredActions: [],
    notBefore: 0,
    access: {
      manageGroupMembership: may,
      ...(is26 && { resetPassword: may }),
      view: true,
      mapRoles: may,
      impersonate: false,
      manage: may,
    },
  };
}

function sessionOf({ username, subject }: RealmUser, { id, startedAt, clients }: Session): object {
  // Keycloak stores whole seconds.
  const start = Math.floor(startedAt.getTime() / 1_000) * 1_000;
  return {
    id,
    username,
    userId: subject,
    ipAddress: "127.0.0.1",
    start,
    lastAccess: start,
    rememberMe: false,
    clients: Object.fromEntries(clients.map((client) => [stableId(`client ${client}`), client])),
    transientUser: false,
  };
}

function roleOf(name: string): object {
  return {
    id: stableId(`role ${name}`),
    name,
    description: `Sample role: ${name}`,
    composite: false,
    clientRole: false,
    containerId: stableId("realm"),
  };
}

/** A group's id is derived from its path. */
function groupOf(path: string): { id: string; name: string; path: string } {
  return { id: stableId(`group ${path}`), name: path.split("/").at(-1) ?? path, path };
}

function parentOf(path: string): { parentId?: string } {
  const parent = path.slice(0, path.lastIndexOf("/"));
  return parent === "" ? {} : { parentId: groupOf(parent).id };
}
