import { z } from "zod";
import type { Notice } from "../person/notice.ts";
import { keycloakEventSchema } from "./keycloak-event-schema.ts";
import { meanings } from "./keycloak-meanings.ts";
import { isKeycloakType } from "./keycloak-types.ts";

/** Why an authentic event is not understood, or not wholly. */
export const eventFaults = {
  unreadable: "its body is not an event of keycloak-events",
  "another-realm": "it is about another realm than KEYCLOAK_REALM",
  "unknown-type": "this release does not know its type",
  "no-subject": "it does not say whom or what it is about",
  "no-detail": "it does not say what the person lost, so only asking Keycloak tells (KEYCLOAK_ADMIN_CLIENT)",
} as const;
export type EventFault = keyof typeof eventFaults;

/** What an authentic event says: something that we act on, nothing to us, or something that we do not understand. */
export type ReadEvent =
  | { kind: "notice"; id: string; type: string; notice: Notice; fault?: EventFault }
  | { kind: "irrelevant"; id: string; type: string }
  | { kind: "not understood"; id?: string; type: string; fault: EventFault };

/**
 * Reads an event whose signature is valid. The signature places it: each realm has its own key, or secret. An event that
 * names no realm is therefore one of `realm`, and one that names another is not.
 *
 * @param guacamoleClient the client whose logins count
 */
export function readKeycloakEvent(
  body: Uint8Array,
  { realm, guacamoleClient }: { realm: string; guacamoleClient: string },
): ReadEvent {
  const json = parse(body);
  const { data: event } = keycloakEventSchema.safeParse(json);
  const id = event?.id ?? event?.uid;
  if (!event || id == null) return { kind: "not understood", type: typeIn(json), fault: "unreadable" };
  const { type } = event;
  const interpret = Object.hasOwn(meanings, type) ? meanings[type] : undefined;
  if (!interpret && isKeycloakType(type)) return { kind: "irrelevant", id, type };
  if (event.realmName != null && event.realmName !== realm)
    return { kind: "not understood", id, type, fault: "another-realm" };
  if (!interpret) return { kind: "not understood", id, type, fault: "unknown-type" };
  const meaning = interpret(event, guacamoleClient);
  if (meaning === "irrelevant") return { kind: "irrelevant", id, type };
  if (meaning === "no-subject") return { kind: "not understood", id, type, fault: "no-subject" };
  const { gap, ...said } = meaning;
  const notice = { id, at: new Date(event.time).toISOString(), ...said };
  return { kind: "notice", id, type, notice, ...(gap && { fault: gap }) };
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    return undefined; // whoever signed it sent something else than an event
  }
}

/** The type of a body that may be anything else, for the log. */
function typeIn(json: unknown): string {
  const { data } = z.object({ type: z.string() }).safeParse(json);
  return data?.type.slice(0, 80) ?? "none";
}
