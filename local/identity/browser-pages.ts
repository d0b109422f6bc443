import type { IncomingMessage } from "node:http";
import { type Answer, problem } from "./answer.ts";
import { browserLogins, type Identities } from "./browser-logins.ts";
import type { BrowserRealm, CodeGrant } from "./browser-realm.ts";
import { readCookies } from "./cookies.ts";
import { paths } from "./discovery.ts";
import { endSessions } from "./end-session.ts";
import { Kept } from "./kept.ts";
import { readForm } from "./read-form.ts";
import type { SigningKeys } from "./signing-keys.ts";

/** Answers what a browser opens, by the path below the realm. Undefined: no such page. */
export function browserPages(
  realm: BrowserRealm,
  keys: SigningKeys,
  codes: Kept<CodeGrant>,
): (path: string, request: IncomingMessage) => Promise<Answer | undefined> {
  const identities: Identities = new Kept();
  const logins = browserLogins(realm, codes, identities);
  const ends = endSessions(realm, keys, identities);
  return async (path, request) => {
    const cookies = readCookies(request.headers.cookie);
    const { searchParams: query } = new URL(request.url ?? "/", realm.issuer);
    if (path === paths.authorization) return logins.authorize(query, cookies);
    if (path === paths.logout) return ends.logOut(query, cookies);
    if (path !== paths.authenticate && path !== paths.confirmLogout) return undefined;
    const form = await readForm(request);
    if (typeof form === "number") return problem(form, "invalid_request", form === 413 ? "too large" : "send a form");
    return path === paths.authenticate ? logins.authenticate(query, form, cookies) : ends.confirm(form, cookies);
  };
}
