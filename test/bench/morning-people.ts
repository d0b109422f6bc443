import { setTimeout as pause } from "node:timers/promises";

/** One person of a morning: whom, where, and when they ask, in milliseconds after its begin. */
export interface Arrival {
  username: string;
  workspace: string;
  atMilliseconds: number;
}

/** What a person got, in milliseconds after the begin of the morning. */
export interface Visit extends Arrival {
  /** Since when the product counts the request, by its own clock; milliseconds of the epoch. */
  requestedAt: number;
  /** How long the answer to PUT took. */
  putMilliseconds: number;
  /** When the desktop was ready; null if it never was. */
  readyAt: number | null;
  /** How the operation ended, or what went wrong. */
  end: string;
  /** Every answer that was no success, `PUT 503`. */
  refusals: string[];
  /** Calls that broke off or were not answered: a product that is killed breaks them. */
  broken: number;
  /** The person's places in the queue, as they were told. */
  places: number[];
  /** The first range that the person was told until the desktop is ready, and when. */
  told: { at: number; from: number; to: number } | null;
  calls: number;
}

interface Answer {
  id?: string;
  state?: string;
  seen?: string;
  requestedAt?: string;
  reason?: string;
  code?: string;
  admission?: { place?: number; expectedFromSeconds?: number; expectedToSeconds?: number };
}

/** As long as the login page waits in one call. */
const waitSeconds = 5;
/** Before the token expires after five minutes, as Keycloak's do. */
const renewedMilliseconds = 4 * 60_000;
/** A person gives up after this time; nobody should. */
const patienceMilliseconds = 30 * 60_000;

/**
 * Lets one person ask for their desktop, as the login flow does for them, and wait for it.
 *
 * @param token of the login flow
 * @param renew signs the next one
 */
export async function visit(
  { api, token, renew }: { api: string; token: string; renew: () => string },
  arrival: Arrival,
  begun: number,
): Promise<Visit> {
  const now = () => performance.now() - begun;
  let credential = { token, at: now() };
  const seen: Visit = {
    ...arrival,
    ...{
      requestedAt: 0,
      putMilliseconds: 0,
      readyAt: null,
      end: "",
      refusals: [],
      broken: 0,
      places: [],
      told: null,
      calls: 0,
    },
  };
  const call = async (method: string, path: string, body?: object) => {
    seen.calls += 1;
    if (now() - credential.at > renewedMilliseconds) credential = { token: renew(), at: now() };
    const answer = await fetch(`${api}/api/${path}`, {
      method,
      headers: { authorization: `Bearer ${credential.token}`, ...(body && { "content-type": "application/json" }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const seconds = Number(answer.headers.get("retry-after") ?? 1);
    return {
      status: answer.status,
      seconds,
      location: answer.headers.get("location"),
      body: (await answer.json()) as Answer,
    };
  };
  await pause(Math.max(arrival.atMilliseconds - now(), 0));

  let path = "";
  while (now() < patienceMilliseconds) {
    try {
      const asked = now();
      const reply =
        path === ""
          ? await call("PUT", `users/${arrival.username}/desktop`, { workspace: arrival.workspace })
          : await call("GET", path);
      if (reply.status >= 400) {
        seen.refusals.push(`${path === "" ? "PUT" : "GET"} ${reply.status} ${reply.body.code ?? ""}`.trim());
        await pause(reply.seconds * 1_000);
        continue;
      }
      if (path === "") {
        seen.putMilliseconds = now() - asked;
        seen.requestedAt = Date.parse(reply.body.requestedAt ?? "");
      }
      note(seen, reply.body, now());
      if (reply.status === 200) {
        const { state = "", reason = "" } = reply.body;
        if (state === "done") seen.readyAt = now();
        seen.end = state === "done" ? "done" : `${state}: ${reply.body.code ?? ""} ${reason}`;
        return seen;
      }
      const place = reply.body.admission?.place;
      // Who waits in the queue asks when they were told to; who is starting waits in the call.
      if (place !== undefined) await pause(reply.seconds * 1_000);
      const after = reply.body.seen === undefined ? "" : `&after=${reply.body.seen}`;
      path = `${(reply.location ?? "").replace(/^\/api\//, "")}?wait=${waitSeconds}${after}`;
    } catch {
      seen.broken += 1;
      await pause(500);
    }
  }
  seen.end = "gave up waiting";
  return seen;
}

function note(seen: Visit, { admission }: Answer, at: number): void {
  if (!admission) return;
  const { place, expectedFromSeconds: from, expectedToSeconds: to } = admission;
  if (place !== undefined) seen.places.push(place);
  if (from !== undefined && to !== undefined) seen.told ??= { at, from: from * 1_000, to: to * 1_000 };
}
