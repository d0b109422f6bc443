import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Browser } from "./browser.ts";
import {
  answerIn,
  exchange,
  type Fields,
  guacamoleAddress,
  logIn,
  loginAddress,
  logoutAddress,
  refresh,
  verifier,
} from "./portal.ts";
import type { ContractRealm, VersionFacts } from "./realm.ts";
import { type Call, type Recorder, startRecorder } from "./recorder.ts";

/** How a person leaves the portal, and what a page of it may call, seen on 26.5.6 and 26.7.3 on 2026-11-28. */
export function signOutContract(realm: () => ContractRealm, { refusesForeignOrigins }: VersionFacts): void {
  const home = () => `${realm().portal.origin}/`;
  async function signedIn(username: string) {
    const { browser, code, session } = await logIn(realm(), username);
    const { id_token = "", access_token = "", refresh_token } = (await exchange(realm(), code)).body;
    return { browser, session, id_token, access_token, refresh_token };
  }
  const isIn = async (browser: Browser) =>
    answerIn(await browser.open(loginAddress(realm(), { prompt: "none" }))).answer["error"] !== "login_required";

  describe("a sign-out", () => {
    it("with the ID token ends the session, and returns with the state", async () => {
      const { browser, id_token, refresh_token } = await signedIn("alice");
      const fields = { id_token_hint: id_token, post_logout_redirect_uri: home(), state: "z" };
      const { address, cookies } = await browser.open(logoutAddress(realm(), fields));
      expect(address).toBe(`${home()}?state=z`);
      expect(cookies).toContainEqual(expect.stringMatching(/^KEYCLOAK_IDENTITY=;.*Max-Age=0/));
      expect(await refresh(realm(), refresh_token)).toEqual({
        status: 400,
        body: { error: "invalid_grant", error_description: "Session not active" },
      });
      expect(await isIn(browser)).toBe(false);
      // And a second time, as by the back button.
      expect((await browser.open(logoutAddress(realm(), fields))).address).toBe(`${home()}?state=z`);
    });

    it("without a client's proof asks first, and without a session does not", async () => {
      const { browser } = await signedIn("alice");
      const address = logoutAddress(realm(), { client_id: realm().portal.id, post_logout_redirect_uri: home() });
      const question = await browser.open(address);
      expect(question).toMatchObject({ status: 200 });
      expect(await isIn(browser)).toBe(true);
      expect((await browser.confirmLogout(await browser.open(address))).address).toBe(home());
      expect(await isIn(browser)).toBe(false);
      expect((await browser.open(address)).address).toBe(home());
    });

    it("with the ID token of another session asks first", async () => {
      const [alice, bob] = [await signedIn("alice"), await signedIn("bob")];
      const fields = { id_token_hint: bob.id_token, post_logout_redirect_uri: home() };
      expect(await alice.browser.open(logoutAddress(realm(), fields))).toMatchObject({ status: 200 });
      expect([await isIn(alice.browser), await isIn(bob.browser)]).toEqual([true, true]);
    });

    it.each<[string, (tokens: { id_token: string; access_token: string }) => Fields]>([
      [
        "an address that is not listed",
        ({ id_token }) => ({ id_token_hint: id_token, post_logout_redirect_uri: "http://localhost:7071/other" }),
      ],
      ["an address of nobody", () => ({ post_logout_redirect_uri: home() })],
      [
        "something else than an ID token",
        ({ access_token }) => ({ id_token_hint: access_token, post_logout_redirect_uri: home() }),
      ],
      ["no token at all", () => ({ id_token_hint: "x", post_logout_redirect_uri: home() })],
      [
        "another client",
        ({ id_token }) => ({ id_token_hint: id_token, client_id: "guacamole", post_logout_redirect_uri: home() }),
      ],
    ])("with %s is refused", async (_what, fields) => {
      const { browser, ...tokens } = await signedIn("alice");
      expect(await browser.open(logoutAddress(realm(), fields(tokens)))).toMatchObject({ status: 400 });
      expect(await isIn(browser)).toBe(true);
    });
  });

  describe("the back channel, when a person signs out of the portal,", () => {
    let recorder: Recorder;
    beforeAll(async () => {
      recorder = await startRecorder();
      const webhook = { url: `${recorder.url}/events`, secret: "s" };
      await realm().tell({ backchannelLogout: `${recorder.url}/logout`, webhook });
    });
    afterAll(() => recorder.close());
    const claimsOf = ({ body }: Call) => decodeJwt(new URLSearchParams(body).get("logout_token") ?? "");
    const toldOf = (session: string) =>
      recorder.calls
        .filter(({ path }) => path === "/logout")
        .map(claimsOf)
        .filter(({ sid }) => sid === session)
        .map(({ aud }) => aud);

    it("is told once for each client that took part", async () => {
      const { browser, session, id_token } = await signedIn("alice");
      await browser.open(guacamoleAddress(realm()));
      await browser.open(logoutAddress(realm(), { id_token_hint: id_token, post_logout_redirect_uri: home() }));
      // Keycloak has made its calls when it answers.
      expect(toldOf(session).sort()).toEqual([realm().portal.id, "guacamole"]);
    });

    it("is told of one who never opened Guacamole", async () => {
      const { browser, session, id_token } = await signedIn("bob");
      await browser.open(logoutAddress(realm(), { id_token_hint: id_token, post_logout_redirect_uri: home() }));
      expect(toldOf(session)).toEqual([realm().portal.id]);
    });
  });

  describe("a page of the portal's origin", () => {
    const cors = (response: Response) =>
      Object.fromEntries([...response.headers].filter(([name]) => name.startsWith("access-control-")));
    const call = (origin: string, body: Record<string, string>) =>
      fetch(`${realm().issuer}/protocol/openid-connect/token`, {
        method: "POST",
        headers: { origin },
        body: new URLSearchParams(body),
      });
    const refreshForm = () => ({ grant_type: "refresh_token", client_id: realm().portal.id, refresh_token: "x" });

    it("may read tokens and refusals; a page of another may not", async () => {
      const own = await call(realm().portal.origin, refreshForm());
      expect([own.status, cors(own)]).toEqual([
        400,
        {
          "access-control-allow-origin": realm().portal.origin,
          "access-control-allow-credentials": "true",
          "access-control-expose-headers": "Access-Control-Allow-Methods",
        },
      ]);
      const { code } = await logIn(realm(), "alice");
      const form = { grant_type: "authorization_code", code, redirect_uri: home(), code_verifier: verifier };
      const other = await call("http://evil.example", { ...form, client_id: realm().portal.id });
      expect([other.status, cors(other)]).toEqual([refusesForeignOrigins ? 403 : 200, {}]);
      if (refusesForeignOrigins) expect(await other.json()).toEqual({ error: "Invalid origin" });
    });

    it("may ask first, and read discovery and keys", async () => {
      const { issuer, portal } = realm();
      const preflight = await fetch(`${issuer}/protocol/openid-connect/token`, {
        method: "OPTIONS",
        headers: {
          origin: portal.origin,
          "access-control-request-method": "POST",
          "access-control-request-headers": "content-type",
        },
      });
      expect([preflight.status, cors(preflight)]).toMatchObject([
        200,
        {
          "access-control-allow-origin": portal.origin,
          "access-control-allow-methods": "POST, OPTIONS",
          "access-control-allow-headers": expect.stringContaining("Content-Type") as string,
        },
      ]);
      for (const path of ["/.well-known/openid-configuration", "/protocol/openid-connect/certs"]) {
        const response = await fetch(issuer + path, { headers: { origin: portal.origin } });
        expect(cors(response)).toMatchObject({ "access-control-allow-origin": portal.origin });
      }
    });
  });
}
