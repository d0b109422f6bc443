import { createServer, type IncomingMessage } from "node:http";
import type { BrowserClient, Client, User } from "./accounts.ts";
import { answerAdmin, failure } from "./admin-api.ts";
import { type Answer, problem } from "./answer.ts";
import { browserPages } from "./browser-pages.ts";
import type { BrowserRealm, CodeGrant } from "./browser-realm.ts";
import { callerOf } from "./caller.ts";
import { type Claims, commonClaims, idClaims, serviceAccountClaims, type TokenFrame } from "./claims.ts";
import { codeGrants } from "./code-grants.ts";
import { isForPages, listedOrigin, preflight, readableBy } from "./cross-origin.ts";
import { directGrants } from "./direct-grants.ts";
import { discoveryDocument, methodOf, paths } from "./discovery.ts";
import { isForeign, isHere } from "./foreign-call.ts";
import { Kept } from "./kept.ts";
import { type Listeners, recordedRetries, type Telling } from "./listeners.ts";
import { logOut, signIn, type SignedIn } from "./logins.ts";
import type { IdentityProvider, IdentityProviderOptions } from "./options.ts";
import { readForm, readText } from "./read-form.ts";
import { realmUsers } from "./realm-users.ts";
import { answerAll, listen } from "./serve.ts";
import { signJwt } from "./sign.ts";
import { openSigningKeys } from "./signing-keys.ts";
import { stableId } from "./stable-id.ts";
import type { Imitated } from "./version.ts";

export type { IdentityProvider, IdentityProviderOptions };
export type { BrowserClient, Client, Imitated, SignedIn, User };
export { recordedRetries, stableId };

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

  const forBrowsers: BrowserRealm = {
    ...{ issuer, path: realmPath, people, frame, telling, now, sign },
    clients: () => browserClients,
  };
  const codes = new Kept<CodeGrant>();
  const answerCodeGrant = codeGrants(forBrowsers, codes);
  const answerDirect = directGrants(forBrowsers, { clients, tokensAreLogins: options.tokensAreLogins ?? true });
  const answerBrowser = browserPages(forBrowsers, keys, codes);

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

  answerAll(server, answer, log);

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
