import { once } from "node:events";
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { BrowserClient, Client, User } from "./accounts.ts";
import { answerAdmin, failure } from "./admin-api.ts";
import { type Answer, problem } from "./answer.ts";
import { browserPages } from "./browser-pages.ts";
import type { BrowserRealm, CodeGrant } from "./browser-realm.ts";
import { callerOf } from "./caller.ts";
import { decideAssertion } from "./client-assertion.ts";
import { cliClient, commonClaims, idClaims, serviceAccountClaims, userClaims } from "./claims.ts";
import type { Claims, TokenFrame } from "./claims.ts";
import { codeGrants } from "./code-grants.ts";
import { isForPages, listedOrigin, preflight, readableBy } from "./cross-origin.ts";
import { discoveryDocument, methodOf, paths } from "./discovery.ts";
import { isForeign, isHere } from "./foreign-call.ts";
import { Kept } from "./kept.ts";
import { type Listeners, recordedRetries, type Telling } from "./listeners.ts";
import { logOut, openSession, signIn, type SignedIn } from "./logins.ts";
import { readForm, readText } from "./read-form.ts";
import { type RealmUser, realmUsers } from "./realm-users.ts";
import { signJwt } from "./sign.ts";
import { openSigningKeys } from "./signing-keys.ts";
import { stableId } from "./stable-id.ts";
import { decideToken } from "./token-request.ts";
import type { Imitated } from "./version.ts";

export type { BrowserClient, Client, Imitated, SignedIn, User };
export { recordedRetries, stableId };

export interface IdentityProviderOptions {
  /** A JSON file for the signing keys; ":memory:" keeps them in memory only. */
  readonly store: string;
  /** A port on 127.0.0.1; a free one if 0 or absent. */
  readonly port?: number;
  /** Default "sde". */
  readonly realm?: string;
  /** Default: the newest. */
  readonly imitates?: Imitated;
  /**
   * Whether a token by password belongs to a session with Guacamole too (default: true). In Keycloak it does not, but
   * tests ask for tokens of people who are taken to be in Guacamole.
   */
  readonly tokensAreLogins?: boolean;
  readonly audience: string;
  readonly clients: readonly Client[];
  readonly users: readonly User[];
  readonly log?: (line: string) => void;
  readonly now?: () => Date;
  /** A token's lifetime; default 300, as in Keycloak. */
  readonly tokenSeconds?: number;
  /** The client that is notified by back-channel logout when a session ends; default "guacamole". */
  readonly guacamoleClient?: string;
  /** The clients by which people log in in a browser. */
  readonly browserClients?: readonly BrowserClient[];
}

export interface IdentityProvider {
  /** http://127.0.0.1:port/realms/sde */
  readonly issuer: string;
  readonly port: number;
  /**
   * Returns a token for tests: the first client's, with `claims` and `header` added, or removed if their value is
   * undefined. `alg` may be RS256, RS384, RS512, none, or HS256 (with the public key as its secret); anything else
   * throws.
   */
  signToken(claims?: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>;
  /** Signs with a new key from now on. Earlier tokens stay valid. */
  rotateKeys(): Promise<void>;
  /** Replaces the clients by which people log in in a browser. */
  setBrowserClients(clients: readonly BrowserClient[]): void;
  /** Notifies these listeners from now on, as Keycloak with keycloak-events does. */
  tell(listeners: Listeners): void;
  /**
   * Logs a person in to Guacamole in a browser, and tells the webhook. Without `ownSession` they join their first
   * session, if they have one, as in a browser in which they are logged in already. Throws if there is no such person.
   */
  signIn(username: string, options?: { ownSession?: boolean }): Promise<SignedIn>;
  /** Logs a person out of all sessions. Resolves when the listeners have answered. Unknown people are ignored. */
  logOut(username: string): Promise<void>;
  /** Keeps events back until they are released, in this or the opposite order. */
  holdEvents(): { release(order?: "as sent" | "reversed"): Promise<void> };
  close(): Promise<void>;
}

/** The roles, of a client or a person, that the admin API requires. */
const adminRoles = { read: "view-users", write: "manage-users" };

/**
 * Starts an OpenID Connect issuer that signs access tokens like Keycloak's. Throws if the port is taken or the key
 * store is damaged.
 */
export async function startIdentityProvider(options: IdentityProviderOptions): Promise<IdentityProvider> {
  const { clients, users, realm = "sde", imitates = "26.7.3", log = () => undefined, now = () => new Date() } = options;
  const keys = await openSigningKeys(options.store);
  const server = createServer();
  const port = await listen(server, options.port ?? 0);
  const realmPath = `/realms/${encodeURIComponent(realm)}`;
  const adminPath = `/admin${realmPath}/`;
  const issuer = `http://127.0.0.1:${port}${realmPath}`;
  const frame: TokenFrame = { issuer, audience: options.audience, tokenSeconds: options.tokenSeconds ?? 300, imitates };

  const people = realmUsers(users);
  const usedAssertions = new Set<string>();
  let listeners: Listeners = {};
  let browserClients = options.browserClients ?? [];
  let held: (() => Promise<void>)[] | undefined;
  const telling: Telling = {
    imitates,
    startedAt: now(),
    client: options.guacamoleClient ?? "guacamole",
    realm,
    listeners: () => listeners,
    backchannelOf: (client) =>
      client === telling.client
        ? listeners.backchannelLogout
        : browserClients.find(({ id }) => id === client)?.backchannelLogout,
    async deliver(send) {
      if (held) held.push(send);
      else await send();
    },
    sign(claims, typ) {
      const { iss, iat, exp, jti } = commonClaims(frame, now());
      return sign({ iss, iat, exp, jti, ...claims }, { typ });
    },
    now,
    log,
  };

  function sign(claims: Claims, header: Record<string, unknown> = {}): string {
    const key = keys.current();
    return signJwt(claims, { alg: "RS256", typ: "JWT", kid: key.kid, ...header }, key);
  }

  const realmOfBrowsers: BrowserRealm = {
    ...{ issuer, path: realmPath, people, frame, telling, now, sign },
    clients: () => browserClients,
  };
  const codes = new Kept<CodeGrant>();
  const answerCodeGrant = codeGrants(realmOfBrowsers, codes);
  const answerBrowser = browserPages(realmOfBrowsers, keys, codes);

  async function answer(request: IncomingMessage): Promise<Answer> {
    const path = request.url?.split("?")[0] ?? "";
    const endpoint = path.startsWith(realmPath) ? path.slice(realmPath.length) : "";
    const origin = isForPages(endpoint) ? listedOrigin(request.headers, browserClients) : undefined;
    if (isForeign(request.headers, origin)) {
      if (endpoint === paths.token && isHere(request.headers.host))
        return { status: 403, body: { error: "Invalid origin" } };
      return problem(403, "access_denied", "a web page may have sent this");
    }
    if (path.startsWith(adminPath)) return answerAdminCall(request, path.slice(adminPath.length));
    if (origin !== undefined && request.method === "OPTIONS") return preflight(origin);
    if (path.startsWith("/realms/") && path !== realmPath && !path.startsWith(`${realmPath}/`))
      return failure(telling, 404, "Realm does not exist");
    if (!Object.values<string>(paths).includes(endpoint)) return problem(404, "not_found");
    const expected = methodOf(endpoint);
    if (request.method !== expected) return problem(405, "invalid_request", `use ${expected}`);
    const page = await answerBrowser(endpoint, request);
    if (page) return page;
    if (endpoint === paths.discovery) return readableBy(origin, { status: 200, body: discoveryDocument(issuer) });
    if (endpoint === paths.certs) return readableBy(origin, { status: 200, body: { keys: keys.publicKeys() } });
    return answerToken(request, origin);
  }

  async function answerAdminCall(request: IncomingMessage, path: string): Promise<Answer> {
    const caller = await callerOf(request.headers.authorization, keys, issuer);
    const needed = request.method === "GET" ? adminRoles.read : adminRoles.write;
    if (!caller) return failure(telling, 401, "HTTP 401 Unauthorized");
    if (!caller.roles.includes(needed)) return failure(telling, 403, "HTTP 403 Forbidden");
    const text = await readText(request);
    if (text === null) return failure(telling, 413, "HTTP 413 Content Too Large");
    return answerAdmin(people, telling, {
      method: request.method ?? "GET",
      path: path.split("/").map(decodeURIComponent),
      body: text === "" ? undefined : (JSON.parse(text) as unknown),
      caller,
    });
  }

  async function answerToken(request: IncomingMessage, origin: string | undefined): Promise<Answer> {
    const form = await readForm(request);
    if (typeof form === "number") return problem(form, "invalid_request", form === 413 ? "too large" : "send a form");
    const caller = browserClients.find(({ id }) => id === form.get("client_id"));
    if (origin !== undefined && !caller?.webOrigins.includes(origin))
      return { status: 403, body: { error: "Invalid origin" } };
    return readableBy(
      origin,
      (await answerCodeGrant(form)) ?? (await answerDirect(form, request.headers.authorization)),
    );
  }

  async function answerDirect(form: URLSearchParams, authorization: string | undefined): Promise<Answer> {
    const asserted = await decideAssertion(form, clients, { issuer, used: usedAssertions, now: now() });
    const publicClients = [telling.client, ...browserClients.map(({ id }) => id)];
    const rules = { imitates, publicClients };
    const decision = decideToken(form, authorization, clients, people, rules, asserted);
    if ("error" in decision) {
      log(`refused a token: ${decision.error}`);
      return problem(decision.status, decision.error, decision.description);
    }
    const answer =
      "client" in decision ? answerClient(decision.client) : answerPerson(decision.person, form.get("scope") ?? "");
    log(`issued a token to ${answer.to}`);
    const { access_token, id_token, session_state, scope } = answer;
    return {
      status: 200,
      body: {
        ...{ access_token, expires_in: frame.tokenSeconds, refresh_expires_in: 0, token_type: "Bearer" },
        ...(id_token !== undefined && { id_token }),
        "not-before-policy": 0,
        ...(session_state !== undefined && { session_state }),
        scope,
      },
    };
  }

  interface Issued {
    to: string;
    access_token: string;
    id_token?: string;
    session_state?: string;
    scope: unknown;
  }

  function answerClient(client: Client): Issued {
    const claims = serviceAccountClaims(client, frame, now());
    return { to: String(claims["preferred_username"]), access_token: sign(claims), scope: claims["scope"] };
  }

  function answerPerson(person: RealmUser, asked: string): Issued {
    const isOpenId = asked.split(" ").includes("openid");
    const scope = isOpenId ? "openid profile email" : "profile email";
    const joined = options.tokensAreLogins === false ? [cliClient] : [cliClient, telling.client];
    const { id: session } = openSession(telling, person, joined, false);
    const access_token = sign(userClaims(person, session, scope, frame, now()));
    const id = () => sign(idClaims(person, session, cliClient, frame, now(), { accessToken: access_token }));
    return {
      ...{ to: person.username, access_token, session_state: session, scope },
      ...(isOpenId && { id_token: id() }),
    };
  }

  server.on("request", (request, response) => {
    answer(request)
      .catch((error: unknown) => {
        log(`could not answer: ${String(error)}`);
        return problem(500, "server_error");
      })
      .then(({ status, headers, body, page }) => {
        const type = page === undefined ? "application/json" : "text/html; charset=utf-8";
        const written = { "content-type": type, "cache-control": "no-store", ...headers } as OutgoingHttpHeaders;
        response.writeHead(status, written).end(page ?? (body && JSON.stringify(body)));
      })
      .catch(() => request.destroy());
  });

  let closed: Promise<unknown> | undefined;
  return {
    issuer,
    port,
    signToken: async (claims, header) => {
      const [first = { id: "tests", secret: "", roles: [] }] = clients;
      return Promise.resolve(sign({ ...serviceAccountClaims(first, frame, now()), ...claims }, header));
    },
    setBrowserClients(changed) {
      browserClients = changed;
    },
    tell(told) {
      listeners = told;
    },
    async signIn(username, { ownSession = false } = {}) {
      const person = people.byName(username);
      if (!person) throw new Error(`sign in ${username}: there is no such person`);
      return signIn(telling, person, ownSession, (session, nonce) =>
        sign(
          idClaims(person, session.id, telling.client, frame, now(), {
            authTime: Math.floor(session.startedAt.getTime() / 1_000),
            nonce,
          }),
        ),
      );
    },
    holdEvents() {
      const kept: (() => Promise<void>)[] = [];
      held = kept;
      return {
        async release(order = "as sent") {
          held = undefined;
          for (const send of order === "as sent" ? kept : kept.reverse()) await send();
        },
      };
    },
    async logOut(username) {
      const person = people.byName(username);
      if (person) await logOut(telling, person);
    },
    rotateKeys: () => keys.rotate(),
    close: async () => {
      closed ??= new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch (cause) {
    throw new Error(`start identity provider: cannot listen on port ${port} (free it, or choose another)`, { cause });
  }
  return (server.address() as AddressInfo).port;
}
