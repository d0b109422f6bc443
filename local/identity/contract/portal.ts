import { createHash, randomBytes } from "node:crypto";
import { Browser, type Page } from "./browser.ts";
import { type ContractRealm, askToken } from "./realm.ts";

/** What the portal sends with a person, each field as it is, changed, or (null) left out. */
export type Fields = Readonly<Record<string, string | null>>;

export const verifier = randomBytes(32).toString("base64url");

/** The address that the portal sends people to. */
export function loginAddress({ issuer, portal }: ContractRealm, changed: Fields = {}): string {
  const fields: Fields = {
    client_id: portal.id,
    response_type: "code",
    redirect_uri: `${portal.origin}/`,
    scope: "openid",
    state: "the state",
    nonce: "the nonce",
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
    ...changed,
  };
  return `${issuer}/protocol/openid-connect/auth?${query(fields)}`;
}

/** The address that Guacamole sends people to. */
export function guacamoleAddress({ issuer }: ContractRealm, changed: Fields = {}): string {
  const fields: Fields = {
    client_id: "guacamole",
    response_type: "id_token",
    redirect_uri: "http://localhost:8080/guacamole/",
    scope: "openid email profile",
    nonce: "the nonce",
    ...changed,
  };
  return `${issuer}/protocol/openid-connect/auth?${query(fields)}`;
}

export function logoutAddress({ issuer }: ContractRealm, fields: Fields): string {
  return `${issuer}/protocol/openid-connect/logout?${query(fields)}`;
}

function query(fields: Fields): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) if (value !== null) query.set(name, value);
  return query.toString();
}

/** What came back, in the query or the fragment, and where to. */
export function answerIn({ address, text }: Page): { at: string; answer: Record<string, string> } {
  if (text !== undefined) throw new Error("read the answer of a login: a page is shown instead");
  const { origin, pathname, hash, search } = new URL(address);
  const mark = hash === "" ? "?" : "#";
  const parameters = new URLSearchParams(hash === "" ? search : hash.slice(1));
  return { at: `${origin}${pathname}${mark}`, answer: Object.fromEntries(parameters) };
}

/** Logs a person in by the form, in a browser of their own. */
export async function logIn(
  realm: ContractRealm,
  username: string,
): Promise<{ browser: Browser; code: string; session: string }> {
  const browser = new Browser(realm.issuer);
  const page = await browser.submitLogin(await browser.open(loginAddress(realm)), username, username);
  const { code = "", session_state: session = "" } = answerIn(page).answer;
  return { browser, code, session };
}

/** A code of a browser in which somebody is logged in. */
export async function nextCode(realm: ContractRealm, browser: Browser): Promise<string> {
  return answerIn(await browser.open(loginAddress(realm))).answer["code"] ?? "";
}

interface Tokens {
  status: number;
  body: Record<string, unknown> & { access_token?: string; id_token?: string; refresh_token?: string };
}

export function exchange(
  realm: ContractRealm,
  code: string,
  changed: Fields = {},
  headers: Record<string, string> = {},
): Promise<Tokens> {
  const redirect_uri = `${realm.portal.origin}/`;
  return send(
    realm,
    {
      grant_type: "authorization_code",
      client_id: realm.portal.id,
      code,
      redirect_uri,
      code_verifier: verifier,
      ...changed,
    },
    headers,
  );
}

export function refresh(realm: ContractRealm, token: string | undefined, changed: Fields = {}): Promise<Tokens> {
  return send(realm, {
    ...{ grant_type: "refresh_token", client_id: realm.portal.id, refresh_token: token ?? null },
    ...changed,
  });
}

function send(realm: ContractRealm, fields: Fields, headers: Record<string, string> = {}): Promise<Tokens> {
  return askToken(realm, query(fields), headers);
}
