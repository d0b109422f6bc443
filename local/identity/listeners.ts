import { createHash, createHmac, randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { stableId } from "./stable-id.ts";
import type { Imitated } from "./version.ts";

/** Where the realm sends notifications, as Keycloak does: by back-channel logout and by keycloak-events' webhook. */
export interface Listeners {
  /** The backchannel logout URL of Guacamole's client. */
  backchannelLogout?: string;
  webhook?: {
    url: string;
    /**
     * After how many milliseconds an event that was not answered with 2xx is sent again, with the same ids. Default:
     * never. `recordedRetries` are those of keycloak-events 0.62.
     */
    retries?: readonly number[];
  } & ({ secret: string } | { audience: string });
}

/** Measured on keycloak-events 0.62: after every answer but 2xx, 400 and 401 included. */
export const recordedRetries: readonly number[] = [600, 1_900, 15_500, 37_000];

/** An event as keycloak-events sends it. */
export interface RealmEvent {
  type: string;
  operationType?: string;
  resourceType?: string;
  resourceId?: string;
  authDetails: Readonly<Record<string, string>>;
  resourcePath?: string;
  representation?: string;
  details: Readonly<Record<string, string>>;
}

/** A session that ended, and whom to tell. */
export interface Ended {
  subject: string;
  session: string;
  client: string;
  url: string;
}

export interface Telling {
  readonly imitates: Imitated;
  readonly startedAt: Date;
  /** Guacamole's client. */
  client: string;
  /** Where a client is told of the end of its sessions. */
  backchannelOf: (client: string) => string | undefined;
  realm: string;
  listeners: () => Listeners;
  /** Sends an event now, or when the tests let it go. */
  deliver: (send: () => Promise<void>) => Promise<void>;
  /** Signs with the realm's key, adding iss, iat, exp and jti. */
  sign: (claims: Record<string, unknown>, type: string) => string;
  now: () => Date;
  log: (line: string) => void;
}

/** How long Keycloak waits for an answer to a logout. */
const answerMilliseconds = 5_000;
const logoutEvent = "http://schemas.openid.net/event/backchannel-logout";
/** Keycloak's logout tokens live less long than access tokens. */
const logoutTokenSeconds = 120;

/** Sends an event. Resolves when the listener has answered, and never rejects: like Keycloak, it only logs failures. */
export async function tellEvent(telling: Telling, event: RealmEvent): Promise<void> {
  const { webhook } = telling.listeners();
  if (!webhook) return;
  const body = JSON.stringify({
    // keycloak-events 0.33, which belongs to Keycloak 25, names neither the event nor the realm.
    ...(telling.imitates === "26.7.3" && { id: randomUUID(), realmName: telling.realm }),
    uid: randomUUID(),
    time: telling.now().getTime(),
    realmId: stableId("realm"),
    ...event,
  });
  await telling.deliver(async () => {
    for (const wait of [0, ...(webhook.retries ?? [])]) {
      if (wait > 0) await pause(wait);
      const signature =
        "secret" in webhook
          ? { "x-keycloak-signature": createHmac("sha256", webhook.secret).update(body).digest("hex") }
          : { authorization: `Bearer ${webhookToken(telling, webhook.audience, body)}` };
      const headers = { "content-type": "application/json", ...signature };
      const status = await post(telling, event.type, webhook.url, headers, body);
      // Only an answer is a reason to try again: a lost connection is not.
      if (status === null || (status >= 200 && status < 300)) return;
    }
  });
}

/** The token of keycloak-events' bearer mode: it contains its body's hash and no person. Each try has its own. */
function webhookToken(telling: Telling, audience: string, body: string): string {
  const hash = createHash("sha256").update(body).digest("hex");
  return telling.sign({ aud: audience, request_body_sha256: hash }, "JWT");
}

/** Notifies a client of a session's end, with `sid`: "Backchannel logout session required" is on. Once. */
export async function tellLogout(telling: Telling, { subject, session, client, url }: Ended): Promise<void> {
  const exp = Math.floor(telling.now().getTime() / 1_000) + logoutTokenSeconds;
  const claims = { exp, aud: client, sub: subject, sid: session, typ: "Logout", events: { [logoutEvent]: {} } };
  const form = new URLSearchParams({ logout_token: telling.sign(claims, "logout+jwt") });
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  await post(telling, "logout", url, headers, form.toString());
}

/** Returns the status; null if there was no answer. */
async function post(
  { log }: Telling,
  what: string,
  url: string,
  headers: Record<string, string>,
  body: string,
): Promise<number | null> {
  try {
    const signal = AbortSignal.timeout(answerMilliseconds);
    const { status } = await fetch(url, { method: "POST", headers, body, signal });
    log(`sent ${what}: ${status}`);
    return status;
  } catch (error) {
    log(`could not send ${what}: ${(error as Error).message}`);
    return null;
  }
}
