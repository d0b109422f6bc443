import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Browser, type Page } from "./contract/browser.ts";
import { type IdentityProvider, startIdentityProvider } from "./provider.ts";

/** What is the stand-in's own, or needs a clock: the rest of logins in a browser is in contract/. */

const portal = "http://127.0.0.1:7071";
let time = Date.parse("2026-11-28T09:00:00Z");
const pass = (seconds: number) => (time += seconds * 1_000);
let provider: IdentityProvider;
beforeAll(async () => {
  provider = await startIdentityProvider({
    store: ":memory:",
    audience: "guacamole-workspaces",
    clients: [],
    users: [
      { username: "alice", password: "<alice's>", about: "a <b>sample</b> person" },
      { username: "bob", password: "bob" },
    ],
    now: () => new Date(time),
    browserClients: [
      {
        ...{ id: "desktops-portal", flow: "code", scopes: ["profile"], roles: [], webOrigins: [portal] },
        ...{ redirectUris: [`${portal}/`], postLogoutRedirectUris: [`${portal}/`] },
      },
    ],
  });
});
afterAll(() => provider.close());

const verifier = randomBytes(32).toString("base64url");
function address(more: Record<string, string> = {}): string {
  const query = new URLSearchParams({
    ...{ client_id: "desktops-portal", response_type: "code", redirect_uri: `${portal}/`, scope: "openid", state: "s" },
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    ...{ code_challenge_method: "S256", ...more },
  });
  return `${provider.issuer}/protocol/openid-connect/auth?${query.toString()}`;
}

async function signIn(browser = new Browser(provider.issuer)): Promise<{ browser: Browser; code: string }> {
  const back = await browser.submitLogin(await browser.open(address()), "alice", "<alice's>");
  return { browser, code: answer(back).get("code") ?? "" };
}

function answer({ address: at }: Page): URLSearchParams {
  return new URL(at).searchParams;
}

async function ask(form: Record<string, string>): Promise<Record<string, string>> {
  const response = await fetch(`${provider.issuer}/protocol/openid-connect/token`, {
    method: "POST",
    body: new URLSearchParams({ client_id: "desktops-portal", ...form }),
  });
  return (await response.json()) as Record<string, string>;
}

const exchange = (code: string) =>
  ask({ grant_type: "authorization_code", code, redirect_uri: `${portal}/`, code_verifier: verifier });
const refresh = (token = "") => ask({ grant_type: "refresh_token", refresh_token: token });

describe("the sign-in page", () => {
  let text: string;
  let headers: Headers;
  beforeEach(async () => {
    const response = await fetch(address());
    [text, headers] = [await response.text(), response.headers];
  });

  it("says what it is, and whose passwords open it, and shows texts as texts", () => {
    expect(text).toContain("stand-in for Keycloak");
    expect(text).toContain(
      '<tr><th scope="row">alice</th><td>&lt;alice&#39;s&gt;</td><td>a &lt;b&gt;sample&lt;/b&gt; person</td></tr>',
    );
  });

  it("shows a name that was typed as a text, and what is wrong", async () => {
    const browser = new Browser(provider.issuer);
    const again = await browser.submitLogin(await browser.open(address()), '"><script>', "x");
    expect(again.text).toContain('value="&quot;&gt;&lt;script&gt;"');
    expect(again.text).toContain('role="alert">Invalid username or password.');
    expect(again.text).not.toContain("<script");
  });

  it("runs no script, is in no frame, and sends its form only here and back to the client", () => {
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'; style-src 'sha256-");
    expect(policy).toContain(`form-action 'self' ${portal};`);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(headers.get("cache-control")).toBe("no-store");
    const [, style = ""] = /<style>([\s\S]*)<\/style>/.exec(text) ?? [];
    expect(policy).toContain(createHash("sha256").update(style).digest("base64"));
  });

  it("takes no form from another site", async () => {
    const [, action = ""] = /action="([^"]+)"/.exec(text) ?? [];
    const cookie = headers
      .getSetCookie()
      .map((each) => each.split(";")[0])
      .join("; ");
    const body = new URLSearchParams({ username: "alice", password: "<alice's>" });
    const post = (origin: string) =>
      fetch(action.replaceAll("&amp;", "&"), { method: "POST", body, redirect: "manual", headers: { cookie, origin } });
    expect((await post("http://evil.example")).status).toBe(403);
    expect((await post(portal)).status).toBe(403);
    expect((await post(new URL(provider.issuer).origin)).status).toBe(302);
  });

  it("is remembered by a cookie that no script and no other site's request gets", async () => {
    const browser = new Browser(provider.issuer);
    const { cookies } = await browser.submitLogin(await browser.open(address()), "alice", "<alice's>");
    expect(cookies).toEqual([
      expect.stringMatching(/^KEYCLOAK_IDENTITY=[\w-]{43}; Path=\/realms\/sde\/; HttpOnly; SameSite=Lax$/),
    ]);
  });
});

it("a page of an origin that no client lists may read nothing", async () => {
  const headers = { origin: "http://evil.example" };
  for (const path of ["/.well-known/openid-configuration", "/protocol/openid-connect/certs"])
    expect((await fetch(provider.issuer + path, { headers })).status).toBe(403);
});

it("a page of the portal may call the token endpoint, and not the admin API", async () => {
  const url = `${provider.issuer.replace("/realms/", "/admin/realms/")}/users/x`;
  expect((await fetch(url, { headers: { origin: portal } })).status).toBe(403);
});

it("a code is good for a minute", async () => {
  const [soon, late] = [await signIn(), await signIn()];
  pass(60);
  expect(await exchange(soon.code)).toHaveProperty("access_token");
  pass(1);
  expect(await exchange(late.code)).toMatchObject({ error: "invalid_grant", error_description: "Code not valid" });
});

it("a refresh token is good for half an hour", async () => {
  const { refresh_token: token } = await exchange((await signIn()).code);
  pass(1_799);
  const { refresh_token: next } = await refresh(token);
  pass(1_800);
  expect(await refresh(next)).toMatchObject({ error: "invalid_grant", error_description: "Token is not active" });
});

it("a refresh token that was exchanged is stale, and who sends it takes the session from the portal", async () => {
  const { browser, code } = await signIn();
  const { refresh_token: first } = await exchange(code);
  pass(2);
  const { refresh_token: second } = await refresh(first);
  pass(2);
  expect(await refresh(first)).toMatchObject({ error: "invalid_grant", error_description: "Stale token" });
  expect(await refresh(second)).toMatchObject({ error_description: "Session doesn't have required client" });
  // Keycloak's session lives: the person is not asked.
  expect(answer(await browser.open(address({ prompt: "none" }))).has("code")).toBe(true);
});

it("when an administrator logs the person out, tokens and single sign-on end", async () => {
  const { browser, code } = await signIn();
  const { refresh_token: token } = await exchange(code);
  await provider.logOut("alice");
  expect(await refresh(token)).toMatchObject({ error: "invalid_grant", error_description: "Session not active" });
  expect(answer(await browser.open(address({ prompt: "none" }))).get("error")).toBe("login_required");
});

it("two people in two browsers do not get each other's session", async () => {
  const { browser } = await signIn();
  const other = new Browser(provider.issuer);
  await other.submitLogin(await other.open(address()), "bob", "bob");
  const names = [];
  for (const each of [browser, other]) {
    const { id_token = "" } = await exchange(answer(await each.open(address())).get("code") ?? "");
    const claims = JSON.parse(Buffer.from(id_token.split(".")[1] ?? "", "base64url").toString()) as object;
    names.push((claims as { preferred_username: string }).preferred_username);
  }
  expect(names).toEqual(["alice", "bob"]);
});
