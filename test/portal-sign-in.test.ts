import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Browser } from "@stand-in/identity/browser";
import { browserClients, portalClientId } from "../local/browser-clients.ts";
import { startTestEstate, type TestEstate } from "./estate.ts";
import { presenceOf } from "./keycloak-person.ts";

/** People who sign in to the portal: what their tokens open, and what a sign-out means for their desktop. */

const guacamoleUrl = "http://127.0.0.1:8080/guacamole";
let estate: TestEstate;
beforeAll(async () => {
  estate = await startTestEstate(undefined, {
    OIDC_CLIENTS: `workspace-action,guacamole-workspaces-cli,${portalClientId}`,
  });
  const { url } = estate.host;
  estate.identity.setBrowserClients(browserClients(url, guacamoleUrl, `${url}/api/keycloak/backchannel-logout`));
});
afterAll(() => estate.close());

interface SignedIn {
  browser: Browser;
  access_token: string;
  id_token: string;
  session_state: string;
}

const address = (path: string, query: Record<string, string>) =>
  `${estate.identity.issuer}/protocol/openid-connect/${path}?${new URLSearchParams(query).toString()}`;

async function signIn(username: string): Promise<SignedIn> {
  const browser = new Browser(estate.identity.issuer);
  const code_verifier = randomBytes(32).toString("base64url");
  const code_challenge = createHash("sha256").update(code_verifier).digest("base64url");
  const request = { client_id: portalClientId, redirect_uri: `${estate.host.url}/`, scope: "openid" };
  const pkce = { response_type: "code", code_challenge, code_challenge_method: "S256" };
  const form = await browser.open(address("auth", { ...request, ...pkce }));
  const back = await browser.submitLogin(form, username, username);
  const code = new URL(back.address).searchParams.get("code") ?? "";
  const body = new URLSearchParams({ ...request, grant_type: "authorization_code", code, code_verifier });
  const response = await fetch(address("token", {}), { method: "POST", body });
  return { browser, ...((await response.json()) as Omit<SignedIn, "browser">) };
}

function signOut({ browser, id_token }: SignedIn): Promise<{ address: string }> {
  const query = { id_token_hint: id_token, post_logout_redirect_uri: `${estate.host.url}/`, client_id: portalClientId };
  return browser.open(address("logout", query));
}

async function call({ access_token: token }: SignedIn, method: string, path: string, body?: object) {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
  const response = await fetch(`${estate.host.url}/api${path}`, init);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function start(person: SignedIn, username: string, workspace: string): Promise<void> {
  const { status } = await call(person, "PUT", `/users/${username}/desktop`, { workspace });
  expect(status).toBe(202);
  await estate.host.whenIdle();
  expect(await call(person, "GET", `/users/${username}/desktop`)).toMatchObject({
    body: { workspace, state: "ready" },
  });
}

it("their token opens what is theirs, by their groups too, and an administrator's opens the estate", async () => {
  const [bob, olga] = [await signIn("bob"), await signIn("olga")];
  await start(bob, "bob", "cancer-registry");
  expect((await call(bob, "GET", "/users/alice/desktop")).status).toBe(403);
  expect((await call(bob, "GET", "/desktops")).status).toBe(403);
  expect((await call(olga, "GET", "/desktops")).body["desktops"]).toMatchObject([{ username: "bob" }]);
  expect((await call({ ...bob, access_token: bob.id_token }, "GET", "/users/bob/desktop")).status).toBe(401);
});

it("who signs out without having opened Guacamole leaves, even if no event is sent", async () => {
  estate.identity.tell({}); // neither Guacamole's back channel nor the webhook
  const bob = await signIn("bob");
  await call(bob, "PUT", "/users/bob/desktop", { workspace: "cancer-registry" });
  await estate.host.whenIdle();
  expect((await presenceOf(estate, "bob"))?.leaving).toBeUndefined();
  expect((await signOut(bob)).address).toBe(`${estate.host.url}/`);
  await estate.host.whenIdle();
  expect((await presenceOf(estate, "bob"))?.leaving).toMatchObject({ unlessInUse: true });
  estate.listen();
});

it("who opened Guacamole from the portal leaves both by a sign-out of either", async () => {
  const alice = await signIn("alice");
  await start(alice, "alice", "asthma-cohort");
  const guacamole = { client_id: "guacamole", redirect_uri: `${guacamoleUrl}/`, response_type: "id_token" };
  const opened = await alice.browser.open(address("auth", { ...guacamole, scope: "openid email profile", nonce: "n" }));
  expect(new URLSearchParams(new URL(opened.address).hash.slice(1)).get("session_state")).toBe(alice.session_state);
  await estate.host.whenIdle();
  expect((await presenceOf(estate, "alice"))?.leaving).toBeUndefined();
  await signOut(alice);
  await estate.host.whenIdle();
  const first = (await presenceOf(estate, "alice"))?.leaving;
  expect(first).toBeDefined();
  // They come back, and this time use Guacamole's own button.
  const again = await signIn("alice");
  await call(again, "PUT", "/users/alice/desktop", { workspace: "asthma-cohort" });
  expect((await presenceOf(estate, "alice"))?.leaving).toBeUndefined();
  const back = await again.browser.open(address("auth", { ...guacamole, scope: "openid email profile", nonce: "n" }));
  const token = new URLSearchParams(new URL(back.address).hash.slice(1)).get("id_token") ?? "";
  await again.browser.open(address("logout", { id_token_hint: token, post_logout_redirect_uri: `${guacamoleUrl}/` }));
  await estate.host.whenIdle();
  expect((await presenceOf(estate, "alice"))?.leaving).toBeDefined();
});
