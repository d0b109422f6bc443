import { z } from "zod";
import { ProductError } from "../errors.ts";

/** Which connections somebody is connected to, by the word of Guacamole's web application. */
export interface ActiveConnections {
  /**
   * Ids of the connections that have a tunnel now. Throws `guacamole-unavailable` unless every instance gave a whole answer:
   * a person who is missing from half an answer may still be connected.
   */
  now(): Promise<ReadonlySet<number>>;
}

interface Options {
  /** One address per instance, without `/api`: an instance knows only its own tunnels. */
  urls: readonly string[];
  /** An account with the system permission ADMINISTER: others are not shown everybody's tunnels. */
  username: string;
  password: string;
  /** Guacamole's name of the database extension: `postgresql`. */
  dataSource: string;
  /** How long one call may take. */
  timeoutMilliseconds?: number;
}

const largestAnswerBytes = 10_000_000;

/** A token goes into a header, and a header's error repeats what it cannot hold: let in nothing that it cannot hold. */
const login = z.object({ authToken: z.string().regex(/^[\x21-\x7e]+$/) });
const permissions = z.object({ systemPermissions: z.array(z.string()) });
/** By the tunnel's UUID. Ids are texts; null is allowed by APIActiveConnection.java, and is no connection of ours. */
const tunnels = z.record(
  z.string(),
  z.object({
    connectionIdentifier: z
      .string()
      .regex(/^\d{1,10}$/)
      .transform(Number)
      .nullish(),
  }),
);

/** Guacamole's REST API (1.4 or newer: the token in a header), with a login of its own for every question. */
export function activeConnectionsOf(options: Options): ActiveConnections {
  return {
    async now() {
      if (options.urls.length === 0)
        throw new ProductError("guacamole-unavailable", "ask which connections are active: no address is set");
      // All are waited for, the failed ones too: nobody is left logged in behind our back.
      const answers = await Promise.allSettled(options.urls.map((url) => askInstance(url, options)));
      const active = new Set<number>();
      for (const answer of answers) {
        if (answer.status === "rejected") throw answer.reason;
        for (const id of answer.value) active.add(id);
      }
      return active;
    },
  };
}

async function askInstance(
  url: string,
  { username, password, dataSource, timeoutMilliseconds = 5_000 }: Options,
): Promise<number[]> {
  const instance: Instance = { url, timeoutMilliseconds };
  const form = new URLSearchParams({ username, password });
  const { authToken } = await call(instance, login, "tokens", { method: "POST", body: form }, refusedLogin);
  const headers = { "Guacamole-Token": authToken };
  try {
    const data = `session/data/${encodeURIComponent(dataSource)}`;
    const refused = { ...refusedToken, 404: `it has no data source ${dataSource} for this account (check its name)` };
    const { systemPermissions } = await call(
      instance,
      permissions,
      `${data}/self/effectivePermissions`,
      { headers },
      refused,
    );
    // AbstractGuacamoleTunnelService.getActiveConnections leaves out, without a word, what others may not see.
    if (!systemPermissions.includes("ADMINISTER"))
      throw unavailable(
        url,
        "the account cannot see everybody's connections (give it the system permission ADMINISTER)",
      );
    const found = await call(instance, tunnels, `${data}/activeConnections`, { headers }, refused);
    return Object.values(found).flatMap(({ connectionIdentifier }) => connectionIdentifier ?? []);
  } finally {
    await logOut(instance, headers);
  }
}

interface Instance {
  url: string;
  timeoutMilliseconds: number;
}

type Refusals = Readonly<Record<number, string>>;

/** Guacamole answers 403 to a wrong password, a second factor that is asked for, and an unknown token alike. */
const refusedLogin: Refusals = {
  401: "it rejects the login (check username and password)",
  403: "it rejects the login (check username and password)",
};
const refusedToken: Refusals = {
  401: "it does not recognise the login that it has just accepted (let each address lead to one instance)",
  403: "it does not recognise the login that it has just accepted (let each address lead to one instance)",
};

/** One call. Its errors hold no text of answer or request: either may hold a secret. */
async function call<T>(
  instance: Instance,
  shape: z.ZodType<T>,
  path: string,
  request: RequestInit,
  refusals: Refusals,
): Promise<T> {
  const { url, timeoutMilliseconds } = instance;
  const signal = AbortSignal.timeout(timeoutMilliseconds);
  let status: number;
  let text: string | null = null;
  try {
    const response = await send(instance, path, request, signal);
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
  if (status !== 200) throw unavailable(url, refusals[status] ?? `it answered ${status} (check the address)`);
  if (text === null) throw unavailable(url, `its answer is larger than ${largestAnswerBytes / 1_000_000} MB`);
  const answer = shape.safeParse(jsonOf(text));
  if (!answer.success) throw unavailable(url, "its answer is not one of Guacamole's (check the address)");
  return answer.data;
}

function send({ url }: Instance, path: string, request: RequestInit, signal: AbortSignal): Promise<Response> {
  // A redirect could take password or token elsewhere.
  return fetch(`${url.replace(/\/+$/, "")}/api/${path}`, { ...request, redirect: "manual", signal });
}

/** Ends the session, so that they do not pile up until Guacamole's own timeout, which ends those that this misses. */
async function logOut(instance: Instance, headers: Record<string, string>): Promise<void> {
  const signal = AbortSignal.timeout(instance.timeoutMilliseconds);
  await send(instance, "session", { method: "DELETE", headers }, signal)
    .then((response) => response.body?.cancel())
    .catch(() => undefined);
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

function unavailable(url: string, reason: string): ProductError {
  return new ProductError("guacamole-unavailable", `ask ${url} which connections are active: ${reason}`);
}

/** Of fetch's errors the cause tells why; one of several addresses tried has a code and no message. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return "no reason given";
  return cause.message !== "" || !("code" in cause) ? cause.message : String(cause.code);
}
