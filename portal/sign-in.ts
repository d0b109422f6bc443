/**
 * Signs people in with the authorization code flow and PKCE (RFC 7636) as a public client. This is the only file that
 * knows how. Tokens are in memory only: a reload asks Keycloak again, whose session is in its own cookie (ADR 29).
 */
import * as oauth from "oauth4webapi";
import { claimsOf, rolesOf } from "./claims.ts";
import { minutesFast } from "./clock.ts";
import type { PortalSettings } from "./settings.ts";

export interface SignedIn {
  username: string;
  /** As Keycloak shows the person, else the username. */
  name: string;
  roles: readonly string[];
  /** A token that is valid for the next seconds. Throws {@link SignedOut} if the session has ended. */
  accessToken(): Promise<string>;
  /** The next {@link accessToken} asks for a new one: the API refused the last. */
  discardToken(): void;
  /** Ends the Keycloak session, and with it that of every other client. Leaves the page. */
  signOut(): Promise<void>;
}

/** The session with Keycloak has ended: the person has to sign in again. */
export class SignedOut extends Error {
  override readonly name = "SignedOut";
}

/** There was no answer: the network is down, or the browser does not let this page read it. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
}

/** This machine's clock is so wrong that what Keycloak signs seems to be over. */
export class WrongClock extends Error {
  override readonly name = "WrongClock";
  /** How far it is ahead. */
  readonly minutes: number;

  constructor(minutes: number, options: ErrorOptions) {
    super(`the clock is ${minutes} minutes fast`, options);
    this.minutes = minutes;
  }
}

/** What is kept while the browser is at Keycloak, in this tab only. */
interface Underway {
  state: string;
  nonce: string;
  verifier: string;
  /** Where the person was in this page. */
  search: string;
  hash: string;
  /** A session's tokens were good for nothing any more. */
  renews: boolean;
}

const underwayKey = "portal.sign-in";
/** Whether this tab was signed in: a word, no token. */
const wasKey = "portal.was";
/** The state of the sign-out that this tab began. */
const endingKey = "portal.sign-out";
/** A token with less left is renewed first: a request takes a moment. */
const spareSeconds = 20;

export interface Visit {
  /** Where this page is; its address without query and fragment is the redirect URI. */
  location: Pick<Location, "origin" | "pathname" | "search" | "hash" | "assign" | "replace">;
  history: Pick<History, "replaceState">;
  storage: Pick<Storage, "getItem" | "setItem" | "removeItem">;
}

/**
 * Resolves when the person is signed in, and to null if they have to be asked first: they signed out, or their session
 * has ended. Else it leaves for Keycloak and does not resolve.
 *
 * @throws WrongClock, NoAnswer
 * @throws if Keycloak refuses in a way that asking again does not change
 */
export async function resumeSignIn(settings: PortalSettings, visit: Visit): Promise<SignedIn | null> {
  const { location, storage } = visit;
  const parameters = new URLSearchParams(location.search);
  if (parameters.has("state") && (parameters.has("code") || parameters.has("error")))
    return finish(settings, visit, parameters);
  const was = storage.getItem(wasKey);
  if (was === "signed-out") return null;
  return beginSignIn(settings, visit, { silently: was === "signed-in" });
}

/**
 * Whether Keycloak has just ended the session, as this tab asked it to: true once, on the page that Keycloak returns to. A
 * page that the back button returns to is none.
 */
export function returnsFromSignOut({ location, history, storage }: Visit): boolean {
  const state = new URLSearchParams(location.search).get("state");
  if (state === null || state !== storage.getItem(endingKey)) return false;
  storage.removeItem(endingKey);
  history.replaceState(null, "", location.pathname + location.hash);
  return true;
}

/** From now on, this tab is signed in only when its person asks for it: a reload does not. */
export function rememberSignedOut({ storage }: Pick<Visit, "storage">): void {
  storage.setItem(wasKey, "signed-out");
}

/** Leaves for Keycloak. `silently`: it comes back at once if there is no session, without a page to sign in. */
export async function beginSignIn(
  settings: PortalSettings,
  { location, storage }: Visit,
  { silently = false, renews = false }: { silently?: boolean; renews?: boolean } = {},
): Promise<never> {
  const server = await discover(settings);
  const underway: Underway = {
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
    verifier: oauth.generateRandomCodeVerifier(),
    search: location.search,
    hash: location.hash,
    renews,
  };
  storage.setItem(underwayKey, JSON.stringify(underway));
  const address = new URL(required(server.authorization_endpoint, "authorization_endpoint"));
  const query = {
    client_id: settings.clientId,
    response_type: "code",
    redirect_uri: redirectUri(location),
    scope: "openid",
    state: underway.state,
    nonce: underway.nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(underway.verifier),
    code_challenge_method: "S256",
    ...(silently && { prompt: "none" }),
  };
  for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
  // In place of this page: "Back" leads to what was before it, also after each reload, and not here and away again.
  location.replace(address.href);
  return new Promise<never>(() => undefined);
}

async function finish(settings: PortalSettings, visit: Visit, parameters: URLSearchParams): Promise<SignedIn | null> {
  const { location, history, storage } = visit;
  const stored = storage.getItem(underwayKey);
  storage.removeItem(underwayKey);
  if (stored === null || (JSON.parse(stored) as Underway).state !== parameters.get("state")) {
    // Not the answer to a question of this tab: an old bookmark, the back button, or somebody else's link.
    history.replaceState(null, "", location.pathname);
    return beginSignIn(settings, { ...visit, location: { ...addressOf(location), search: "", hash: "" } });
  }
  const underway = JSON.parse(stored) as Underway;
  history.replaceState(null, "", location.pathname + underway.search + underway.hash);
  const server = await discover(settings);
  const client = { client_id: settings.clientId };
  let valid: URLSearchParams;
  try {
    valid = oauth.validateAuthResponse(server, client, parameters, underway.state);
  } catch (error) {
    if (!(error instanceof oauth.AuthorizationResponseError) || !mustAsk.has(error.error)) throw error;
    rememberSignedOut(visit);
    return null;
  }
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.None(),
    valid,
    redirectUri(location),
    underway.verifier,
    asking(settings),
  );
  const expected = { expectedNonce: underway.nonce, requireIdToken: true };
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, expected).catch(explainClock);
  storage.setItem(wasKey, "signed-in");
  return sessionOf(settings, visit, server, tokens, underway.renews);

  async function explainClock(error: unknown): Promise<never> {
    const isTime = error instanceof oauth.OperationProcessingError && error.code === oauth.JWT_TIMESTAMP_CHECK;
    const minutes = isTime ? await minutesFast(location.pathname) : null;
    throw minutes !== null && minutes > 0 ? new WrongClock(minutes, { cause: error }) : error;
  }
}

/** Keycloak's answers to `prompt=none` if it would have to show a page (OpenID Connect Core §3.1.2.6). */
const mustAsk = new Set(["login_required", "interaction_required", "account_selection_required", "consent_required"]);

/** @param isRenewal it follows one whose tokens were refused: if these are refused at once as well, that is the end */
function sessionOf(
  settings: PortalSettings,
  visit: Visit,
  server: oauth.AuthorizationServer,
  first: oauth.TokenEndpointResponse,
  isRenewal: boolean,
): SignedIn {
  const { location, storage } = visit;
  const client = { client_id: settings.clientId };
  let tokens = first;
  let validUntil = endOf(first);
  let renewing: Promise<void> | undefined;
  let mayAskSilently = !isRenewal;

  /** Keycloak's session may be alive although it refuses these tokens: it is asked once. */
  function askSilently(cause?: unknown): Promise<never> {
    if (mayAskSilently) return beginSignIn(settings, visit, { silently: true, renews: true });
    rememberSignedOut(visit);
    throw new SignedOut("the session has ended", { cause });
  }

  async function renew(): Promise<void> {
    if (tokens.refresh_token === undefined) return askSilently();
    try {
      const response = await oauth.refreshTokenGrantRequest(
        server,
        client,
        oauth.None(),
        tokens.refresh_token,
        asking(settings),
      );
      const renewed = await oauth.processRefreshTokenResponse(server, client, response);
      tokens = { ...tokens, ...renewed };
      validUntil = endOf(renewed);
      mayAskSilently = true;
    } catch (error) {
      if (!(error instanceof oauth.ResponseBodyError) || error.error !== "invalid_grant") throw error;
      await askSilently(error);
    }
  }

  const claims = claimsOf(tokens.access_token);
  const username = claims.preferred_username ?? "";
  return {
    username,
    name: claims.name ?? username,
    roles: rolesOf(claims, settings.audience),
    async accessToken() {
      if (Date.now() >= validUntil) {
        // They served their time, whatever was before them. Asking once in that time is no circle.
        if (validUntil > 0) mayAskSilently = true;
        await (renewing ??= renew().finally(() => (renewing = undefined)));
      }
      return tokens.access_token;
    },
    discardToken() {
      validUntil = 0;
    },
    signOut() {
      rememberSignedOut(visit);
      const state = oauth.generateRandomState();
      storage.setItem(endingKey, state);
      const address = new URL(required(server.end_session_endpoint, "end_session_endpoint"));
      address.searchParams.set("post_logout_redirect_uri", redirectUri(location));
      address.searchParams.set("client_id", settings.clientId);
      address.searchParams.set("state", state);
      if (tokens.id_token !== undefined) address.searchParams.set("id_token_hint", tokens.id_token);
      location.assign(address.href);
      return new Promise<never>(() => undefined);
    },
  };
}

function endOf({ expires_in: seconds = 60 }: oauth.TokenEndpointResponse): number {
  return Date.now() + Math.max(seconds - spareSeconds, seconds / 2) * 1_000;
}

async function discover(settings: PortalSettings): Promise<oauth.AuthorizationServer> {
  const issuer = new URL(settings.issuer);
  return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, asking(settings)));
}

/** How the identity provider is asked. */
function asking({ issuer }: PortalSettings) {
  return {
    // A local identity provider has no certificate. The app's settings say so, and nobody else can.
    // Deprecated only to make it stand out.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    [oauth.allowInsecureRequests]: issuer.startsWith("http://"),
    // Browsers have words of their own for it: "Failed to fetch" (Chromium), "NetworkError …" (Firefox), "Load failed" (Safari).
    [oauth.customFetch]: (address: string, request: object) =>
      fetch(address, request).catch((error: unknown) => {
        const from = new URL(issuer).origin;
        throw new NoAnswer(`no answer from ${from} that the browser lets this page read`, { cause: error });
      }),
  };
}

/** Exactly what the client in the realm lists: no query, no fragment. */
function redirectUri({ origin, pathname }: Visit["location"]): string {
  return origin + pathname;
}

function addressOf(location: Visit["location"]): Visit["location"] {
  const { origin, pathname, search, hash } = location;
  return {
    origin,
    pathname,
    search,
    hash,
    assign: (address) => {
      location.assign(address);
    },
    replace: (address) => {
      location.replace(address);
    },
  };
}

function required(value: string | undefined, name: string): string {
  if (value === undefined) throw new Error(`read the identity provider's metadata: ${name} is missing`);
  return value;
}
