import { decodeJwt } from "jose";
import { describe, expect, it } from "vitest";
import { Browser } from "./browser.ts";
import { answerIn, exchange, guacamoleAddress, logIn, loginAddress, nextCode } from "./portal.ts";
import { anyText, type ContractRealm, matching, type VersionFacts } from "./realm.ts";

/** How a person logs in to the portal in a browser, seen on 26.7.3 on 2026-11-28. */
export function loginsContract(realm: () => ContractRealm, { sessionId }: VersionFacts): void {
  describe("a login in a browser", () => {
    it("discovery says what a page needs for it", async () => {
      const { issuer } = realm();
      const response = await fetch(`${issuer}/.well-known/openid-configuration`);
      expect(await response.json()).toMatchObject({
        authorization_endpoint: `${issuer}/protocol/openid-connect/auth`,
        end_session_endpoint: `${issuer}/protocol/openid-connect/logout`,
        authorization_response_iss_parameter_supported: true,
        code_challenge_methods_supported: expect.arrayContaining(["S256"]) as string[],
        grant_types_supported: expect.arrayContaining(["authorization_code", "refresh_token"]) as string[],
        response_types_supported: expect.arrayContaining(["code", "id_token"]) as string[],
        response_modes_supported: expect.arrayContaining(["query", "fragment"]) as string[],
        prompt_values_supported: expect.arrayContaining(["none", "login"]) as string[],
      });
    });

    it("shows a form, and then sends the person back with a code and the issuer", async () => {
      const { issuer, portal } = realm();
      const browser = new Browser(issuer);
      const form = await browser.open(loginAddress(realm()));
      expect(form).toMatchObject({ status: 200 });
      expect(form.cookies).not.toContainEqual(expect.stringMatching(/^KEYCLOAK_IDENTITY=/));
      const back = await browser.submitLogin(form, "alice", "alice");
      expect(answerIn(back)).toEqual({
        at: `${portal.origin}/?`,
        answer: { state: "the state", session_state: matching(sessionId), iss: issuer, code: anyText },
      });
      const [cookie = ""] = back.cookies.filter((each) => each.startsWith("KEYCLOAK_IDENTITY="));
      expect(cookie).toMatch(/; ?HttpOnly/i);
      expect(cookie).toMatch(new RegExp(`; ?Path=${new URL(issuer).pathname}/`));
      expect(cookie).not.toMatch(/max-age|expires/i);
    });

    it("answers in the fragment, and without a state, if that is asked for", async () => {
      const { browser } = await logIn(realm(), "alice");
      const page = await browser.open(loginAddress(realm(), { response_mode: "fragment", state: null }));
      const { at, answer } = answerIn(page);
      expect([at, Object.keys(answer).sort()]).toEqual([
        `${realm().portal.origin}/#`,
        ["code", "iss", "session_state"],
      ]);
    });

    it("with a wrong password shows the form again, which then lets the person in", async () => {
      const browser = new Browser(realm().issuer);
      const again = await browser.submitLogin(await browser.open(loginAddress(realm())), "alice", "wrong");
      expect(again).toMatchObject({
        status: 200,
        text: expect.stringContaining("Invalid username or password.") as string,
      });
      expect(answerIn(await browser.submitLogin(again, "alice", "alice")).answer["code"]).toBeDefined();
    });

    it("does not take a form that another browser was shown", async () => {
      const form = await new Browser(realm().issuer).open(loginAddress(realm()));
      expect(await new Browser(realm().issuer).submitLogin(form, "alice", "alice")).toMatchObject({ status: 400 });
    });

    it("needs no form in a browser in which the person is logged in, and says so in `acr`", async () => {
      const { browser, code, session } = await logIn(realm(), "alice");
      const first = decodeJwt((await exchange(realm(), code)).body.access_token ?? "");
      const { answer } = answerIn(await browser.open(loginAddress(realm(), { prompt: "none" })));
      expect(answer["session_state"]).toBe(session);
      const second = decodeJwt((await exchange(realm(), answer["code"] ?? "")).body.access_token ?? "");
      expect([first, second].map(({ sid, acr, auth_time }) => [sid, acr, auth_time])).toEqual([
        [session, "1", first["auth_time"]],
        [session, "0", first["auth_time"]],
      ]);
    });

    it("asks again with `prompt=login`, for the same person, who stays in their session", async () => {
      const { browser, session } = await logIn(realm(), "alice");
      const form = await browser.open(loginAddress(realm(), { prompt: "login" }));
      expect(form).toMatchObject({ status: 200 });
      const another = await browser.submitLogin(form, "bob", "bob");
      expect(another).toMatchObject({ status: 200 });
      const back = await browser.submitLogin(another, "alice", "alice");
      expect(answerIn(back).answer["session_state"]).toBe(session);
    });

    it("to the portal logs the person in to Guacamole silently, in the same session", async () => {
      const { browser, session } = await logIn(realm(), "alice");
      const { at, answer } = answerIn(await browser.open(guacamoleAddress(realm())));
      expect([at, Object.keys(answer).sort()]).toEqual([
        "http://localhost:8080/guacamole/#",
        ["id_token", "iss", "session_state"],
      ]);
      const claims = decodeJwt(answer["id_token"] ?? "");
      expect(claims).toMatchObject({ aud: "guacamole", preferred_username: "alice", sid: session, nonce: "the nonce" });
    });

    it("to Guacamole logs the person in to the portal silently, too", async () => {
      const browser = new Browser(realm().issuer);
      await browser.submitLogin(await browser.open(guacamoleAddress(realm())), "alice", "alice");
      expect((await exchange(realm(), await nextCode(realm(), browser))).status).toBe(200);
    });
  });
}
