import { createHash, createHmac, randomUUID } from "node:crypto";
import type { RealmUser } from "./realm-users.ts";

/** Where the realm sends notifications, as Keycloak does: by back-channel logout and by keycloak-events' webhook. */
export interface Listeners {
  /** The backchannel logout URL of Guacamole's client. */
  backchannelLogout?: string;
  webhook?: { url: string } & ({ secret: string } | { audience: string });
}

/** An event as keycloak-events sends it. */
export interface RealmEvent {
  type: string;
  authDetails?: Readonly<Record<string, string>>;
  resourcePath?: string;
  representation?: string;
  details?: Readonly<Record<string, string>>;
}

export interface Telling {
  /** The client whose sessions end: the logout token's audience. */
  client: string;
  realm: string;
  listeners: () => Listeners;
  /** Signs with the realm's key, adding iss, iat, exp and jti. */
  sign: (claims: Record<string, unknown>, type: string) => string;
  now: () => Date;
  log: (line: string) => void;
}

/** How long Keycloak waits for an answer to a logout. */
const answerMilliseconds = 5_000;
const logoutEvent = "http://schemas.openid.net/event/backchannel-logout";

/** Sends an event. Resolves when the listener has answered, and never rejects: like Keycloak, it only logs failures. */
export async function tellEvent(telling: Telling, event: RealmEvent): Promise<void> {
  const { webhook } = telling.listeners();
  if (!webhook) return;
  const body = JSON.stringify({
    id: randomUUID(),
    uid: randomUUID(),
    time: telling.now().getTime(),
    realmId: "0a5a3f3f-6c3f-4d0e-9d4b-5c1be8d4b000",
    realmName: telling.realm,
    details: {},
    ...event,
  });
  const signature =
    "secret" in webhook
      ? { "x-keycloak-signature": createHmac("sha256", webhook.secret).update(body).digest("hex") }
      : { authorization: `Bearer ${webhookToken(telling, webhook.audience, body)}` };
  await post(telling, event.type, webhook.url, { "content-type": "application/json", ...signature }, body);
}

/** The token of keycloak-events' bearer mode: it contains its body's hash and no person. */
function webhookToken(telling: Telling, audience: string, body: string): string {
  const hash = createHash("sha256").update(body).digest("hex");
  return telling.sign({ aud: audience, request_body_sha256: hash }, "JWT");
}

/** Notifies Guacamole's client of a session's end, with `sid`: "Backchannel logout session required" is on. */
export async function tellLogout(telling: Telling, { subject }: RealmUser, session: string): Promise<void> {
  const { backchannelLogout } = telling.listeners();
  if (backchannelLogout === undefined) return;
  const claims = { aud: telling.client, sub: subject, sid: session, typ: "Logout", events: { [logoutEvent]: {} } };
  const form = new URLSearchParams({ logout_token: telling.sign(claims, "logout+jwt") });
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  await post(telling, "logout", backchannelLogout, headers, form.toString());
}

async function post(
  { log }: Telling,
  what: string,
  url: string,
  headers: Record<string, string>,
  body: string,
): Promise<void> {
  try {
    const signal = AbortSignal.timeout(answerMilliseconds);
    const { status } = await fetch(url, { method: "POST", headers, body, signal });
    log(`sent ${what}: ${status}`);
  } catch (error) {
    log(`could not send ${what}: ${(error as Error).message}`);
  }
}
