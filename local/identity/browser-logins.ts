import { randomBytes, randomUUID } from "node:crypto";
import { type Answer, redirect } from "./answer.ts";
import { type BrowserRealm, type CodeGrant, findSession } from "./browser-realm.ts";
import { idClaims } from "./claims.ts";
import { cookie, cookieNames } from "./cookies.ts";
import { paths } from "./discovery.ts";

import { Kept } from "./kept.ts";
import { errorPage, signInPage } from "./login-pages.ts";
import { joinSession, openSession, tellLogin } from "./logins.ts";
import { answerAt, type LoginRequest, readLoginRequest } from "./login-request.ts";
import type { RealmUser, Session } from "./realm-users.ts";
import { stableId } from "./stable-id.ts";
import { isPasswordOf } from "./token-request.ts";

/** The browsers in which somebody is logged in, by their cookie. */
export type Identities = Kept<{ subject: string; session: string }>;

type Cookies = ReadonlyMap<string, string>;

export interface BrowserLogins {
  /** The authorization endpoint. */
  authorize(query: URLSearchParams, cookies: Cookies): Promise<Answer>;
  /** The form of the sign-in page. */
  authenticate(query: URLSearchParams, form: URLSearchParams, cookies: Cookies): Promise<Answer>;
}

export function browserLogins(realm: BrowserRealm, codes: Kept<CodeGrant>, identities: Identities): BrowserLogins {
  /** Sign-in pages that are open, each for one browser. */
  const open = new Kept<{ browser: string; request: LoginRequest }>();

  function showForm(key: string, request: LoginRequest, error?: string, username?: string): Answer {
    const query = new URLSearchParams({ session_code: key, client_id: request.client.id });
    const shown = { ...(error !== undefined && { error }), ...(username !== undefined && { username }) };
    const action = `${realm.issuer}${paths.authenticate}?${query.toString()}`;
    return signInPage(action, realm.people.all(), { ...shown, to: request.redirectUri });
  }

  async function finish(
    request: LoginRequest,
    { person, session }: { person: RealmUser; session: Session },
    acr: string,
    cookies: readonly string[] = [],
  ): Promise<Answer> {
    const { client, redirectUri, scope, nonce, challenge } = request;
    joinSession(person, session.id, client.id);
    const responseType = client.flow === "code" ? "code" : "id_token";
    await tellLogin(realm.telling, person, session.id, { client: client.id, redirectUri }, responseType);
    const before = { state: request.state, session_state: session.id };
    if (challenge === undefined) {
      const by = { authTime: Math.floor(session.startedAt.getTime() / 1_000), nonce, acr };
      const id_token = realm.sign(idClaims(person, session.id, client.id, realm.frame, realm.now(), by));
      return redirect(answerAt(request, realm.issuer, before, { id_token }), cookies);
    }
    const code = `${randomUUID()}.${session.id}.${stableId(`client ${client.id}`)}`;
    codes.set(code, {
      ...{ client: client.id, redirectUri, challenge, nonce, issuedAt: realm.now(), used: false },
      login: { subject: person.subject, session: session.id, scope, acr },
    });
    return redirect(answerAt(request, realm.issuer, before, { code }), cookies);
  }

  return {
    async authorize(query, cookies) {
      const read = readLoginRequest(query, realm.clients());
      if ("shown" in read) return errorPage(read.shown);
      if ("refused" in read) {
        const { refused, error, description } = read;
        return redirect(answerAt(refused, realm.issuer, { error, error_description: description }));
      }
      const { request } = read;
      const identity = identities.get(cookies.get(cookieNames.identity) ?? "");
      const found = identity && findSession(realm, identity);
      if (found?.person.enabled && !request.prompts.includes("login")) return finish(request, found, "0");
      if (request.prompts.includes("none"))
        return redirect(answerAt(request, realm.issuer, { error: "login_required" }));
      const browser = cookies.get(cookieNames.browser) ?? unguessable();
      const key = unguessable();
      open.set(key, { browser, request });
      const answer = showForm(key, request);
      const headers = { ...answer.headers, "set-cookie": [cookie(cookieNames.browser, browser, realm.path)] };
      return { ...answer, headers };
    },

    async authenticate(query, form, cookies) {
      const key = query.get("session_code") ?? "";
      const page = open.get(key);
      // A form that another browser was given would log this one in as somebody else.
      if (page?.browser === undefined || page.browser !== cookies.get(cookieNames.browser))
        return errorPage("Restart login cookie not found. Go back to the application and sign in again.");
      const { request } = page;
      const username = form.get("username") ?? "";
      const person = realm.people.byName(username);
      const identity = identities.get(cookies.get(cookieNames.identity) ?? "");
      const here = identity && findSession(realm, identity);
      // Who is asked to log in again is asked for their own password.
      const isAnother = here !== undefined && here.person !== person;
      if (!person || isAnother || !isPasswordOf(person, form.get("password") ?? ""))
        return showForm(key, request, "Invalid username or password.", username);
      if (!person.enabled) return showForm(key, request, "Account is disabled, contact your administrator.", username);
      open.take(key);
      const session = here?.session ?? openSession(realm.telling, person, [request.client.id], true);
      const value = unguessable();
      identities.set(value, { subject: person.subject, session: session.id });
      return finish(request, { person, session }, "1", [cookie(cookieNames.identity, value, realm.path)]);
    },
  };
}

export function unguessable(): string {
  return randomBytes(32).toString("base64url");
}
