import { z } from "zod";
import { canonicalUsername } from "../desktop/names.ts";
import type { Told } from "../person/notice.ts";
import type { KeycloakEvent } from "./keycloak-event-schema.ts";

/** What an event of a type that we know means. */
export type Meaning =
  | { told: Told; subject?: string; username?: string | undefined; gap?: "no-detail" }
  /** It is about a person, a session or a role, but does not say which. */
  | "no-subject"
  | "irrelevant";

/** `guacamoleClient` is the client whose logins count. */
export type Interpret = (event: KeycloakEvent, guacamoleClient: string) => Meaning;

/**
 * Every type of event that may mean something, with what it means: the list of what the webhook subscribes to, too
 * (infra/keycloak/webhook.json). A user's own event names the user as its actor; an administrator's names the
 * administrator, and the user in its path.
 *
 * A group or role that is given is not here: only the person's own token, or the login flow, adds to their claims. Nor is
 * CUSTOM_REQUIRED_ACTION: the LOGIN of the same login follows it, unless the person never gets in.
 */
export const meanings: Readonly<Record<string, Interpret>> = {
  // Every application's logins come by, and each reload of a page.
  "access.LOGIN": (event, guacamoleClient) =>
    event.authDetails?.clientId === guacamoleClient ? ofActor(event, { what: "back" }) : "irrelevant",
  "access.LOGOUT": (event) => {
    const session = event.authDetails?.sessionId;
    // With Keycloak 26.7 it is the session that ended; with some older ones that of the logout itself
    // (keycloak/keycloak#43806), which is none that we know: then the back channel says which one ended.
    return ofActor(event, { what: "left", which: session == null ? "some session" : { session } });
  },
  "access.USER_SESSION_DELETED": (event) => {
    const session = event.authDetails?.sessionId;
    if (session == null) return ofActor(event, { what: "left", which: "some session" });
    const meaning = ofActor(event, { what: "left", which: { session } });
    return meaning === "no-subject" ? { told: { what: "left", which: { session } } } : meaning;
  },
  "access.DELETE_ACCOUNT": (event) => ofActor(event, { what: "deleted" }),
  "access.USER_DISABLED_BY_PERMANENT_LOCKOUT": (event) => ofActor(event, { what: "changed" }),

  // Below a person's path, it is something of theirs that is deleted, such as the link to another identity provider.
  "admin.USER-DELETE": (event) =>
    /^users\/[^/]+\/./.test(event.resourcePath ?? "")
      ? "irrelevant"
      : ofPath(event, /^users\/([^/]+)$/, { what: "deleted" }),
  "admin.USER-UPDATE": (event) => {
    const { data } = z.object({ enabled: z.boolean() }).safeParse(representationOf(event));
    const isDisabled = data?.enabled === false && /^users\/[^/]+$/.test(event.resourcePath ?? "");
    return ofPath(event, /^users\/([^/]+)(?:\/|$)/, { what: isDisabled ? "disabled" : "changed" });
  },
  "admin.USER-ACTION": (event) => {
    const whose = ofPath(event, /^users\/([^/]+)\/./, { what: "left", which: "every session" });
    return whose === "no-subject" || event.resourcePath?.endsWith("/logout") ? whose : "irrelevant";
  },
  "admin.USER_SESSION-DELETE": (event) => {
    const [, session] = /^sessions\/([^/]+)$/.exec(event.resourcePath ?? "") ?? [];
    const { data } = z.object({ offline: z.boolean() }).safeParse(representationOf(event));
    if (data?.offline) return "irrelevant"; // it keeps an application's token alive, and is not a person who is there
    return session === undefined ? "no-subject" : { told: { what: "left", which: { session } } };
  },
  "admin.REALM-ACTION": ({ resourcePath }) =>
    resourcePath === "logout-all" ? { told: { what: "everybody left" } } : "irrelevant",

  "admin.GROUP_MEMBERSHIP-DELETE": (event) => {
    const { data } = groupSchema.safeParse(representationOf(event));
    const values = [data?.path, data?.name].filter((value) => value !== undefined);
    return ofPath(event, /^users\/([^/]+)\/groups\/./, lost("groups", values), values.length === 0);
  },
  "admin.GROUP-UPDATE": (event) => gone("groups", goneByUpdate(event)),
  "admin.GROUP-DELETE": (event) => {
    if (!/^groups\/[^/]+$/.test(event.resourcePath ?? "")) return "no-subject";
    // Keycloak 25 sends no representation, and 26 the name without the path.
    const { data } = groupSchema.safeParse(representationOf(event));
    return gone("groups", data?.name === undefined ? [] : [data.path ?? `/${data.name}`, data.name]);
  },

  "admin.REALM_ROLE_MAPPING-DELETE": roleTaken,
  "admin.CLIENT_ROLE_MAPPING-DELETE": roleTaken,
  "admin.REALM_ROLE-DELETE": roleGone,
  "admin.CLIENT_ROLE-DELETE": roleGone,
  "admin.REALM_ROLE-UPDATE": roleChanged,
  "admin.CLIENT_ROLE-UPDATE": roleChanged,
  // Its roles are gone with it. What is below a client's path is another thing of its settings.
  "admin.CLIENT-DELETE": ({ resourcePath }) =>
    /^clients\/[^/]+$/.test(resourcePath ?? "") ? gone("roles", []) : "irrelevant",
};

const groupSchema = z.object({
  name: z.string().optional(),
  path: z.string().optional(),
  parentId: z.string().optional(),
});
const roleSchema = z.object({ name: z.string() });

/**
 * The group's names before the update, as far as it tells: it names the group as it is now, and only who sends the group
 * as they read it before, as Keycloak's console does, sends its old path along.
 */
function goneByUpdate(event: KeycloakEvent): string[] {
  const { data } = groupSchema.safeParse(representationOf(event));
  const { name, path, parentId } = data ?? {};
  if (name === undefined || path === undefined || !path.startsWith("/")) return [];
  const depth = path.split("/").length - 1;
  const resource = event.resourcePath ?? "";
  // Moved to the top.
  if (resource === "groups") return depth > 1 ? [path] : [];
  const [, parent] = /^groups\/([^/]+)\/children$/.exec(resource) ?? [];
  if (parent !== undefined) return parent === parentId ? [] : [path];
  // A slash in a name is written as ~/ in the path.
  const isSame = [name, name.replaceAll("/", "~/")].some((written) => path.endsWith(`/${written}`));
  return isSame ? [] : [path, path.slice(path.lastIndexOf("/") + 1)];
}

/** A role that was taken from a person, or from a group: then those who have it by themselves keep it. */
function roleTaken(event: KeycloakEvent): Meaning {
  if (/^groups\/[^/]+\/role-mappings\//.test(event.resourcePath ?? "")) return gone("roles", []);
  const { data } = z.array(roleSchema).safeParse(representationOf(event));
  const values = data?.map(({ name }) => name) ?? [];
  return ofPath(event, /^users\/([^/]+)\/role-mappings\//, lost("roles", values), values.length === 0);
}

/** A role that was deleted, or taken out of a composite role: then those who have it by themselves keep it. */
function roleGone(event: KeycloakEvent): Meaning {
  const resource = event.resourcePath ?? "";
  if (resource.endsWith("/composites")) return gone("roles", []);
  const named = roleNameIn(resource);
  if (named !== undefined) return gone("roles", [named]);
  if (!/^roles-by-id\/[^/]+$/.test(resource)) return "no-subject";
  const { data } = roleSchema.safeParse(representationOf(event));
  return gone("roles", data ? [data.name] : []);
}

function roleChanged(event: KeycloakEvent): Meaning {
  const named = roleNameIn(event.resourcePath ?? "");
  const { data } = roleSchema.safeParse(representationOf(event));
  if (named === undefined || !data) return gone("roles", []);
  return named === data.name ? "irrelevant" : gone("roles", [named]);
}

function roleNameIn(resourcePath: string): string | undefined {
  return /^(?:clients\/[^/]+\/)?roles\/(.+)$/.exec(resourcePath)?.[1];
}

function ofActor({ authDetails }: KeycloakEvent, told: Told): Meaning {
  const subject = authDetails?.userId;
  return subject
    ? { subject, username: authDetails.username == null ? undefined : canonicalUsername(authDetails.username), told }
    : "no-subject";
}

function ofPath({ resourcePath }: KeycloakEvent, pattern: RegExp, told: Told, isIncomplete = false): Meaning {
  const [, subject] = pattern.exec(resourcePath ?? "") ?? [];
  if (subject === undefined) return "no-subject";
  return { subject, told, ...(isIncomplete ? { gap: "no-detail" } : {}) };
}

function lost(claim: "groups" | "roles", values: readonly string[]): Told {
  return { what: "lost", claim, values };
}

function gone(claim: "groups" | "roles", values: readonly string[]): Meaning {
  return { told: { what: "gone", claim, values } };
}

function representationOf({ representation }: KeycloakEvent): unknown {
  try {
    return JSON.parse(representation ?? "null");
  } catch {
    return null; // then the event says only that something changed
  }
}
