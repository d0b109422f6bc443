import { compactVerify, createLocalJWKSet } from "jose";
import { z } from "zod";
import type { BrowserClient } from "./accounts.ts";
import { type Answer, redirect } from "./answer.ts";
import { type Identities, unguessable } from "./browser-logins.ts";
import { type BrowserRealm, findSession } from "./browser-realm.ts";
import { cookie, cookieNames, expiredCookie } from "./cookies.ts";
import { paths } from "./discovery.ts";
import { Kept } from "./kept.ts";
import { confirmLogoutPage, errorPage, loggedOutPage } from "./login-pages.ts";
import { logOut } from "./logins.ts";
import { matches } from "./login-request.ts";
import type { SigningKeys } from "./signing-keys.ts";

type Cookies = ReadonlyMap<string, string>;

export interface EndSession {
  /** OpenID Connect RP-Initiated Logout 1.0 §2. */
  logOut(query: URLSearchParams, cookies: Cookies): Promise<Answer>;
  /** The form of the page that asks. */
  confirm(form: URLSearchParams, cookies: Cookies): Promise<Answer>;
}

const hintSchema = z.object({ typ: z.literal("ID"), azp: z.string(), sub: z.string(), sid: z.string() });

/** Who asks for the end of a session, and where the person goes then. */
interface Wish {
  client: BrowserClient | undefined;
  redirectUri: string | undefined;
  state: string | undefined;
}

export function endSessions(realm: BrowserRealm, keys: SigningKeys, identities: Identities): EndSession {
  const asked = new Kept<Wish & { browser: string }>();

  /** An expired token is as good: the person may have been away. */
  async function readHint(hint: string): Promise<z.output<typeof hintSchema> | undefined> {
    try {
      const { payload } = await compactVerify(hint, createLocalJWKSet({ keys: keys.publicKeys() }));
      return hintSchema.safeParse(JSON.parse(new TextDecoder().decode(payload))).data;
    } catch {
      return undefined; // no matter what is wrong with it
    }
  }

  async function end(ended: { subject: string; session: string } | undefined, wish: Wish): Promise<Answer> {
    const found = ended && findSession(realm, ended);
    const by = { client: wish.client?.id ?? "account", redirectUri: wish.redirectUri ?? "" };
    if (found) await logOut(realm.telling, found.person, [found.session], by);
    const cookies = [expiredCookie(cookieNames.identity, realm.path)];
    if (wish.redirectUri === undefined) return withCookies(loggedOutPage(), cookies);
    const state = wish.state === undefined ? "" : `?${new URLSearchParams({ state: wish.state }).toString()}`;
    return redirect(wish.redirectUri + state, cookies);
  }

  return {
    async logOut(query, cookies) {
      const hint = query.get("id_token_hint");
      const id = query.get("client_id");
      const redirectUri = query.get("post_logout_redirect_uri") ?? undefined;
      const token = hint === null ? undefined : await readHint(hint);
      if (hint !== null && (!token || (id !== null && id !== token.azp)))
        return errorPage("Invalid parameter: id_token_hint");
      const client = realm.clients().find((each) => each.id === (token?.azp ?? id));
      if (redirectUri !== undefined && !client) return errorPage("Missing parameters: id_token_hint");
      if (redirectUri !== undefined && !matches(client?.postLogoutRedirectUris ?? [], redirectUri))
        return errorPage("Invalid redirect uri");
      const wish = { client, redirectUri, state: query.get("state") ?? undefined };
      const identity = identities.get(cookies.get(cookieNames.identity) ?? "");
      const here = identity && findSession(realm, identity)?.session.id;
      const ended = token && { subject: token.sub, session: token.sid };
      // A browser in which somebody else is logged in meanwhile is asked, and so is one whose client proves nothing.
      if (here === undefined || here === ended?.session) return end(ended, wish);
      const browser = cookies.get(cookieNames.browser) ?? unguessable();
      const key = unguessable();
      asked.set(key, { ...wish, browser });
      const action = `${realm.path}${paths.confirmLogout}?client_id=${encodeURIComponent(client?.id ?? "account")}`;
      const page = confirmLogoutPage(action, key, redirectUri);
      return withCookies(page, [cookie(cookieNames.browser, browser, realm.path)]);
    },

    async confirm(form, cookies) {
      const wish = asked.take(form.get("session_code") ?? "");
      if (wish?.browser === undefined || wish.browser !== cookies.get(cookieNames.browser))
        return errorPage("Logout failed. Go back to the application and try again.");
      return end(identities.get(cookies.get(cookieNames.identity) ?? ""), wish);
    },
  };
}

function withCookies(answer: Answer, cookies: readonly string[]): Answer {
  return { ...answer, headers: { ...answer.headers, "set-cookie": cookies } };
}
