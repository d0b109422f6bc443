import { createHash } from "node:crypto";
import type { HttpRequest, InvocationContext } from "@azure/functions";
import type { TaskHub } from "../work/task-hub.ts";
import { z } from "zod";
import { type FollowNoticeInput, followNoticeName } from "../../orchestrations/follow-notice.ts";
import type { Notice } from "../../shared/person/notice.ts";
import { ProductError, type Refusal, refuse } from "../../shared/errors.ts";
import { countsAtAnyAge } from "../../shared/lifecycle/notices.ts";
import { type EventFault, eventFaults, readKeycloakEvent } from "../../shared/identity/keycloak-event.ts";
import { keycloakEventSchema } from "../../shared/identity/keycloak-event-schema.ts";
import type { Logout } from "../../shared/identity/logout-token.ts";
import type { Services } from "../services.ts";
import { eventAnswer, logoutProblem } from "./answers.ts";
import { bodyBytes, mediaFaultOf, readBytes, requireLength, requireMediaType } from "./body.ts";
import type { Answer } from "./endpoint.ts";
import * as examples from "./examples.ts";
import { type Described, type Route, signedRoute } from "./route.ts";

/** The largest event is an update of a whole realm. */
const eventBytes = 256 * 1024;
const formType = "application/x-www-form-urlencoded";
/** keycloak-events retries for 15 minutes; the rest allows for clocks. Anything older was replayed, or sent again. */
const eventMilliseconds = 20 * 60_000;
/** Keycloak's logout tokens live two minutes. */
const logoutMilliseconds = 5 * 60_000;
/** More than the clocks of one site differ. */
const skewMilliseconds = 60_000;

const eventsEndpoint: Described = {
  summary: "Receive an event of keycloak-events",
  description:
    "Signed with `X-Keycloak-Signature` (HMAC-SHA256 of the body in hex) or with the realm's webhook token, as the setting " +
    "KEYCLOAK_WEBHOOK says. Every authentic event is answered with 202.",
  callers: [],
  body: keycloakEventSchema,
  example: examples.event,
  answers: {
    202: { words: "Received; `status` says what is done with it", body: eventAnswer, example: examples.eventTaken },
  },
  refuses: ["not-authenticated", "not-found", "unsupported-media-type"],
};

/** §2.5: other values may be present, and are ignored. */
const logoutForm = z.object({
  logout_token: z
    .string()
    .regex(/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/, "logout_token is not a JWT")
    .meta({ description: "A logout token of the realm" }),
});

const logoutEndpoint: Described = {
  summary: "Receive a back-channel logout of Guacamole's or the portal's client",
  description:
    "OpenID Connect Back-Channel Logout 1.0. Each token counts once. It is for GUACAMOLE_CLIENT, or for one of OIDC_CLIENTS.",
  callers: [],
  body: logoutForm,
  mediaType: formType,
  example: examples.logoutForm,
  answers: {
    200: { words: "Accepted, even if it concerns nobody known" },
    400: {
      words: "Not a logout token of this realm for this client, or already used",
      body: logoutProblem,
      example: examples.invalidLogout,
    },
  },
};

/** Calls by Keycloak. Both only authenticate the caller and store the notice: an orchestration acts on it. */
export function keycloakRoutes(services: Services): Route[] {
  return [
    signedRoute("keycloakEvents", "keycloak/events", eventsEndpoint, (request, hub, context) =>
      takeEvent(services, request, hub, context),
    ),
    signedRoute("backchannelLogout", "keycloak/backchannel-logout", logoutEndpoint, (request, hub) =>
      takeLogout(services, request, hub),
    ),
  ];
}

/**
 * Answers 202 to every authentic event, even an irrelevant one: the sender retries on any other answer for 15 minutes.
 */
async function takeEvent(
  services: Services,
  request: HttpRequest,
  hub: TaskHub,
  context: InvocationContext,
): Promise<Answer | Refusal> {
  const { verifyWebhook, settings, directory, now } = services;
  if (!verifyWebhook) return refuse("not-found", "events are not accepted (KEYCLOAK_WEBHOOK is off)");
  requireLength(request);
  const body = await readBytes(request, eventBytes);
  const { headers } = request;
  const signed = { signature: headers.get("x-keycloak-signature"), authorization: headers.get("authorization") };
  await verifyWebhook(signed, body);
  requireMediaType(request, "application/json");

  const rules = { realm: settings.KEYCLOAK_REALM, guacamoleClient: settings.GUACAMOLE_CLIENT };
  const event = readKeycloakEvent(body, rules);
  if ("fault" in event) countFault(services, event.type, event.fault, context);
  const about = event.id === undefined ? {} : { eventId: event.id };
  if (event.kind === "not understood") return eventTaken("ignored", { ...about, reason: event.fault });
  if (event.kind === "irrelevant") return eventTaken("ignored", about);

  const { notice } = event;
  const time = new Date(notice.at);
  const age = now().getTime() - time.getTime();
  // One clock or the other may be wrong: what is far ahead is in doubt like what is late.
  const isLate = Math.abs(age) > eventMilliseconds;
  if (isLate && !countsAtAnyAge(notice, directory !== undefined)) {
    context.warn(`the event ${event.id} is from ${notice.at}, too far from now; it is ignored`);
    return eventTaken("stale", about);
  }
  const status = await keep(hub, `event-${hashOf(`${settings.KEYCLOAK_REALM}:${event.id}`)}`, {
    // A username may be somebody else's by now.
    notice: isLate
      ? { ...notice, at: time < now() ? notice.at : now().toISOString(), username: undefined, late: true }
      : notice,
    replayableUntil: after(isLate ? now() : time, eventMilliseconds),
  });
  return eventTaken(status, about);
}

function eventTaken(status: z.output<typeof eventAnswer>["status"], more: object): Answer {
  return { status: 202, body: { status, ...more } };
}

function countFault(services: Services, type: string, fault: EventFault, context: InvocationContext): void {
  const { isNew } = services.eventFaults.count(type, fault, services.now());
  if (isNew)
    context.warn(
      `an event of type ${type} is not understood: ${eventFaults[fault]} (${fault}); more of these are only counted, in GET /health/ready`,
    );
}

/**
 * OpenID Connect Back-Channel Logout 1.0 §2.8: 200 even if the session is unknown; 400 if it is not a valid logout
 * token.
 */
async function takeLogout(services: Services, request: HttpRequest, hub: TaskHub): Promise<Answer> {
  const read = await readLogoutForm(request);
  if ("fault" in read) return invalidLogout(`read logout token: ${read.fault}`);
  let logout: Logout;
  try {
    logout = await services.verifyLogout(read.token);
  } catch (error) {
    if (error instanceof ProductError && error.code === "not-authenticated") return invalidLogout(error.message);
    throw error;
  }
  const { id, subject, session, issuedAt } = logout;
  const notice: Notice = {
    id,
    // The token has whole seconds: anything earlier in the same second is older.
    at: new Date(issuedAt.getTime() + 999).toISOString(),
    subject,
    told: { what: "left", which: session === undefined ? "every session" : { session } },
  };
  if (services.now().getTime() - issuedAt.getTime() > logoutMilliseconds)
    return invalidLogout("check logout token: it is too old");
  const replayableUntil = after(issuedAt, logoutMilliseconds);
  const instanceId = `logout-${hashOf(`${services.settings.OIDC_ISSUER}:${id}`)}`;
  const status = await keep(hub, instanceId, { notice, replayableUntil });
  return status === "duplicate" ? invalidLogout("check logout token: it was used before") : { status: 200 };
}

async function readLogoutForm(request: HttpRequest): Promise<{ token: string } | { fault: string }> {
  requireLength(request);
  const fault = mediaFaultOf(request, formType);
  if (fault !== undefined) return { fault };
  const form = new URLSearchParams(new TextDecoder().decode(await readBytes(request, bodyBytes)));
  const [token, ...more] = form.getAll("logout_token");
  if (token === undefined || more.length > 0) return { fault: `send logout_token, once, as ${formType}` };
  const { data, error } = logoutForm.safeParse({ logout_token: token });
  return data ? { token: data.logout_token } : { fault: error.issues[0]?.message ?? "" };
}

function invalidLogout(reason: string): Answer {
  return { status: 400, body: { error: "invalid_request", error_description: reason } };
}

/** One durable step: the task hub stores the notice, and remembers its id. */
function keep(hub: TaskHub, instanceId: string, input: FollowNoticeInput): Promise<"accepted" | "duplicate"> {
  return hub.startOnce(followNoticeName, instanceId, input);
}

function after(time: Date, milliseconds: number): string {
  return new Date(time.getTime() + milliseconds + skewMilliseconds).toISOString();
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 40);
}
