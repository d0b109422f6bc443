import { z } from "zod";
import { ProductError } from "../errors.ts";

export interface RestOptions {
  /** An account with the system permission ADMINISTER: others are not shown everybody's tunnels. */
  username: string;
  password: string;
  /** How long one call may take. */
  timeoutMilliseconds?: number;
}

/** What a status means, for the caller's error. */
export type Refusals = Readonly<Record<number, string>>;

/** One call with a login. */
export type Ask = <T>(shape: z.ZodType<T>, path: string, refusals: Refusals, request?: RequestInit) => Promise<T>;

/** One instance of Guacamole's web application. */
export interface Instance {
  /**
   * Does the work with one login, which is kept: each login adds a row to guacamole_user_history. If Guacamole does not
   * know it any more (it expires, and ends with its process), logs in again and repeats the work, once.
   */
  loggedIn<Result>(work: (ask: Ask) => Promise<Result>): Promise<Result>;
  /** Ends the kept login. */
  logOut(): Promise<void>;
}

const largestAnswerBytes = 10_000_000;

/** A token goes into a header, and a header's error repeats what it cannot hold: let in nothing that it cannot hold. */
const login = z.object({ authToken: z.string().regex(/^[\x21-\x7e]+$/) });

/** Guacamole answers 403 to a wrong password, a second factor that is asked for, and an unknown token alike. */
const refusedLogin: Refusals = {
  401: "it rejects the login (check username and password)",
  403: "it rejects the login (check username and password)",
};
const unknownToken =
  "it does not recognise the login that it has just accepted (let each address lead to one instance)";

/** The token is not known (any more). */
class TokenRefused extends Error {}

/** Guacamole's REST API (1.4 or newer: the token in a header) at this address, without `/api`. */
export function instanceAt(url: string, { username, password, timeoutMilliseconds = 5_000 }: RestOptions): Instance {
  /** One at a time: whoever needs it meanwhile waits for the same. */
  let kept: Promise<string> | undefined;

  async function logIn(): Promise<string> {
    const body = new URLSearchParams({ username, password });
    const { authToken } = await call(login, "tokens", { method: "POST", body }, refusedLogin);
    return authToken;
  }

  /** The login that is kept, or a new one. */
  function keptLogin(): Promise<string> {
    if (kept) return kept;
    const attempt = logIn();
    kept = attempt;
    attempt.catch(() => {
      forget(attempt);
    });
    return attempt;
  }

  function forget(used: Promise<string>): void {
    if (kept === used) kept = undefined;
  }

  const askWith =
    (token: string): Ask =>
    async (shape, path, refusals, request = {}) => {
      const headers = { ...(request.headers as Record<string, string> | undefined), "Guacamole-Token": token };
      return call(shape, path, { ...request, headers }, refusals, true);
    };

  /** One call. Its errors hold no text of answer or request: either may hold a secret. */
  async function call<T>(
    shape: z.ZodType<T>,
    path: string,
    request: RequestInit,
    refusals: Refusals,
    withToken = false,
  ): Promise<T> {
    const signal = AbortSignal.timeout(timeoutMilliseconds);
    let status: number;
    let text: string | null = null;
    try {
      const response = await send(path, request, signal);
      ({ status } = response);
      if (status === 200) text = await readAtMost(response, largestAnswerBytes);
      else await response.body?.cancel();
    } catch (error) {
      throw unavailable(
        url,
        signal.aborted
          ? `it did not answer within ${timeoutMilliseconds} ms (check that it runs)`
          : `it cannot be reached: ${reasonOf(error)} (check the address, and that it runs)`,
      );
    }
    if (withToken && (status === 401 || status === 403)) throw new TokenRefused();
    const isAnswer = status === 200 || status === 204;
    if (!isAnswer) throw unavailable(url, refusals[status] ?? `it answered ${status} (check the address)`);
    if (text === null && status === 200)
      throw unavailable(url, `its answer is larger than ${largestAnswerBytes / 1_000_000} MB`);
    const answer = shape.safeParse(text === null ? null : jsonOf(text));
    if (!answer.success) throw unavailable(url, "its answer is not one of Guacamole's (check the address)");
    return answer.data;
  }

  function send(path: string, request: RequestInit, signal: AbortSignal): Promise<Response> {
    // A redirect could take password or token elsewhere.
    return fetch(`${url.replace(/\/+$/, "")}/api/${path}`, { ...request, redirect: "manual", signal });
  }

  return {
    async loggedIn(work) {
      for (let mayRepeat = kept !== undefined; ; mayRepeat = false) {
        const used = keptLogin();
        try {
          return await work(askWith(await used));
        } catch (error) {
          if (!(error instanceof TokenRefused)) throw error;
          forget(used);
          if (!mayRepeat) throw unavailable(url, unknownToken);
        }
      }
    },
    async logOut() {
      const token = await kept?.catch(() => undefined);
      kept = undefined;
      if (token === undefined) return;
      const signal = AbortSignal.timeout(timeoutMilliseconds);
      const request = { method: "DELETE", headers: { "Guacamole-Token": token } };
      await send("session", request, signal)
        .then((response) => response.body?.cancel())
        .catch(() => undefined); // Guacamole ends it by its own timeout
    },
  };
}

/** An error about an instance, in words that name its address. */
export function unavailable(url: string, reason: string): ProductError {
  return new ProductError("guacamole-unavailable", `ask ${url} which connections are active: ${reason}`);
}

/** The body as text, or null if there is more of it. */
async function readAtMost({ body }: Response, bytes: number): Promise<string | null> {
  if (body === null) return "";
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > bytes) return null; // leaving the loop cancels the rest
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a page of a proxy, say; the parser's own words would repeat it
  }
}

/** Of fetch's errors the cause tells why; one of several addresses tried has a code and no message. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return "no reason given";
  return cause.message !== "" || !("code" in cause) ? cause.message : String(cause.code);
}
