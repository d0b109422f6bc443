import { z } from "zod";
import type { Notice, Told } from "../person/notice.ts";

/** An event as keycloak-events sends it. Null and absent are the same; fields that we do not act on are not looked at. */
export const keycloakEventSchema = z
  .object({
    id: z.string().min(1).max(255).nullish(),
    uid: z.string().min(1).max(255).nullish(),
    time: z.number().int().min(0).max(8.64e15),
    realmId: z.string().nullish(),
    realmName: z.string().nullish(),
    type: z.string().max(255),
    authDetails: z
      .object({ clientId: z.string().nullish(), userId: z.string().max(255).nullish(), username: z.string().nullish() })
      .nullish(),
    resourcePath: z.string().max(2_000).nullish(),
    /** JSON in a string: what the administrator sent. */
    representation: z.string().nullish(),
  })
  .meta({ id: "KeycloakEvent" });
type KeycloakEvent = z.output<typeof keycloakEventSchema>;

/** An authentic event: its realm, id and time, and the notice that it means, if any. */
export interface ReadEvent {
  realm: string | undefined;
  id: string;
  time: Date;
  notice: Notice | null;
}

/** Reads an event's JSON; null if it is not one. `guacamoleClient` is the client whose logins count. */
export function readKeycloakEvent(body: Uint8Array, guacamoleClient: string): ReadEvent | null {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    return null; // whoever signed it sent something else than an event
  }
  const { data: event } = keycloakEventSchema.safeParse(json);
  const id = event?.id ?? event?.uid;
  if (!event || id == null) return null;
  const time = new Date(event.time);
  const told = tellingOf(event, guacamoleClient);
  const notice = told && { id, at: time.toISOString(), ...told };
  return { realm: event.realmName ?? undefined, id, time, notice };
}

function tellingOf(event: KeycloakEvent, guacamoleClient: string): Omit<Notice, "id" | "at"> | null {
  const { type, authDetails, resourcePath } = event;
  // A user's own event names the user as its actor; an administrator's names the administrator, and the user in its path.
  const [, actor] = /^access\.(.+)$/.exec(type) ?? [];
  if (actor !== undefined) {
    const told = ownTelling(actor, authDetails?.clientId ?? undefined, guacamoleClient);
    const subject = authDetails?.userId ?? undefined;
    return told && subject !== undefined
      ? { subject, username: authDetails?.username?.toLowerCase() ?? undefined, told }
      : null;
  }
  const [, encoded] = /^users\/([^/]+)(?:\/|$)/.exec(resourcePath ?? "") ?? [];
  const told = adminTelling(event);
  if (told?.what === "group deleted") return { told };
  return told && encoded !== undefined ? { subject: encoded, told } : null;
}

function ownTelling(type: string, client: string | undefined, guacamoleClient: string): Told | null {
  switch (type) {
    case "LOGIN":
    case "CUSTOM_REQUIRED_ACTION":
      // Every application's logins come by, and each reload of a page.
      return client === guacamoleClient ? { what: "back" } : null;
    case "LOGOUT":
    case "USER_SESSION_DELETED":
      // The event's session is that of the logout itself (p2-inc/keycloak-events#107): it does not say which one ended.
      return { what: "left", which: "some session" };
    case "DELETE_ACCOUNT":
      return { what: "deleted" };
    case "USER_DISABLED_BY_PERMANENT_LOCKOUT":
      return { what: "changed" };
    default:
      return null;
  }
}

function adminTelling({ type, resourcePath, representation }: KeycloakEvent): Told | null {
  switch (type) {
    case "admin.USER-DELETE":
      return { what: "deleted" };
    case "admin.USER-UPDATE": {
      const { data } = z.object({ enabled: z.boolean() }).safeParse(parse(representation));
      return data?.enabled === false ? { what: "disabled" } : { what: "changed" };
    }
    case "admin.USER-ACTION":
      return /^users\/[^/]+\/logout$/.test(resourcePath ?? "") ? { what: "left", which: "every session" } : null;
    case "admin.GROUP_MEMBERSHIP-DELETE": {
      const { data } = z
        .object({ name: z.string().optional(), path: z.string().optional() })
        .safeParse(parse(representation));
      return { what: "lost", claim: "groups", values: [data?.path, data?.name].filter((value) => value !== undefined) };
    }
    case "admin.REALM_ROLE_MAPPING-DELETE":
    case "admin.CLIENT_ROLE_MAPPING-DELETE": {
      const { data } = z.array(z.object({ name: z.string() })).safeParse(parse(representation));
      return { what: "lost", claim: "roles", values: data?.map(({ name }) => name) ?? [] };
    }
    case "admin.GROUP-DELETE":
      return { what: "group deleted" };
    default:
      return null;
  }
}

function parse(text: string | null | undefined): unknown {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return null; // then the event says only that something changed
  }
}
