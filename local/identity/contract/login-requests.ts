import { describe, expect, it } from "vitest";
import { Browser } from "./browser.ts";
import { answerIn, type Fields, guacamoleAddress, loginAddress } from "./portal.ts";
import type { ContractRealm } from "./realm.ts";

const notAllowed = (flow: string) =>
  `Client is not allowed to initiate browser login with given response_type. ${flow} flow is disabled for the client.`;

/** What the authorization endpoint refuses, seen on 26.7.3 on 2026-11-28. */
export function loginRequestsContract(realm: () => ContractRealm): void {
  const open = (address: string) => new Browser(realm().issuer).open(address);

  describe("a login that a page asks for", () => {
    it.each<[string, Fields]>([
      ["an unknown client", { client_id: "nobody" }],
      ["no client", { client_id: null }],
      ["another address to return to", { redirect_uri: "http://localhost:7071/other" }],
      ["an address that only begins like the listed one", { redirect_uri: "http://localhost:7071/?next=/" }],
      ["another origin", { redirect_uri: "http://localhost.evil.example:7071/" }],
      ["no address to return to", { redirect_uri: null }],
    ])("with %s shows a page and sends nobody anywhere", async (_what, changed) => {
      expect(await open(loginAddress(realm(), changed))).toMatchObject({ status: 400 });
    });

    it.each<[string, Fields, "?" | "#", Record<string, string>]>([
      ["no response type", { response_type: null }, "?", invalid("Missing parameter: response_type")],
      ["an unknown response type", { response_type: "x" }, "?", { error: "unsupported_response_type" }],
      ["the implicit flow", { response_type: "id_token" }, "#", refused(notAllowed("Implicit"))],
      ["the hybrid flow", { response_type: "code id_token" }, "#", refused(notAllowed("Implicit"))],
      ["no PKCE", { code_challenge: null, code_challenge_method: null }, "?", noMethod()],
      ["no PKCE method", { code_challenge_method: null }, "?", noMethod()],
      ["no PKCE challenge", { code_challenge: null }, "?", invalid("Missing parameter: code_challenge")],
      ["a plain challenge", { code_challenge_method: "plain" }, "?", invalid(notTheMethod)],
      ["a short challenge", { code_challenge: "abc" }, "?", invalid("Invalid parameter: code_challenge")],
      ["an unknown response mode", { response_mode: "x" }, "?", invalid("Invalid parameter: response_mode")],
      ["a scope for tokens that stay valid", { scope: "openid offline_access" }, "?", scope("openid offline_access")],
      ["a scope that the client has not", { scope: "openid email" }, "?", scope("openid email")],
      ["no question, without a session", { prompt: "none" }, "?", { error: "login_required" }],
      ["no question, in the fragment", { prompt: "none", response_mode: "fragment" }, "#", { error: "login_required" }],
    ])("with %s sends the person back", async (_what, changed, mark, answer) => {
      const { issuer, portal } = realm();
      expect(answerIn(await open(loginAddress(realm(), changed)))).toEqual({
        at: `${portal.origin}/${mark}`,
        answer: { ...answer, state: "the state", iss: issuer },
      });
    });

    it("with a parameter twice sends the person back", async () => {
      const { answer } = answerIn(await open(`${loginAddress(realm())}&scope=openid`));
      expect(answer).toMatchObject(invalid("duplicated parameter"));
    });

    it.each<[string, Fields, string, Record<string, string>]>([
      ["no question, without a session", { prompt: "none" }, "#", { error: "login_required" }],
      ["no nonce", { nonce: null }, "#", invalid("Missing parameter: nonce")],
      ["a code", { response_type: "code" }, "?", refused(notAllowed("Standard"))],
    ])("of Guacamole with %s sends the person back", async (_what, changed, mark, answer) => {
      expect(answerIn(await open(guacamoleAddress(realm(), changed)))).toEqual({
        at: `http://localhost:8080/guacamole/${mark}`,
        answer: { ...answer, iss: realm().issuer },
      });
    });
  });
}

const notTheMethod = "Invalid parameter: code challenge method is not matching the configured one";

function invalid(error_description: string) {
  return { error: "invalid_request", error_description };
}

function noMethod() {
  return invalid("Missing parameter: code_challenge_method");
}

function refused(error_description: string) {
  return { error: "unauthorized_client", error_description };
}

function scope(asked: string) {
  return { error: "invalid_scope", error_description: `Invalid scopes: ${asked}` };
}
