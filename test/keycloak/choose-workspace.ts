import { KubernetesObjectApi, PatchStrategy } from "@kubernetes/client-node";
import { decodeJwt, type JWTPayload } from "jose";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "@stand-in/functions-host";
import type { RealKeycloak } from "../../local/keycloak/real-keycloak.ts";
import { namespace, startTestEstate, type TestEstate } from "../estate.ts";
import { providerIsMissing } from "./available.ts";
import { chromiumPath } from "./chromium.ts";
import { createRealm, guacamole, realmName, type TestRealm } from "./realm.ts";
import { type Recorder, startRecorder } from "@stand-in/identity/contract";

/** Real Chromium, the real Keycloak with our provider, and the product from its sources on the other stand-ins. */
export function describeChooseWorkspace(keycloak: () => RealKeycloak): void {
  const missing = providerIsMissing ?? (chromiumPath === undefined ? "there is no Chromium" : undefined);
  if (missing !== undefined) console.warn(`skipped: choosing a workspace: ${missing}`);
  describe.skipIf(missing !== undefined)("in Chromium", () => {
    journeys(keycloak);
  });
}

function journeys(keycloak: () => RealKeycloak): void {
  let estate: TestEstate;
  let realm: TestRealm;
  let browser: Browser;
  /** Where Keycloak sends people back to. */
  let atGuacamole: Recorder;
  const contexts: BrowserContext[] = [];

  beforeAll(async () => {
    const name = realmName();
    // Waits take real time, because the pages wait too.
    estate = await startTestEstate(undefined, { OIDC_ISSUER: `${keycloak().url}/realms/${name}` }, systemClock);
    realm = await createRealm(keycloak(), name, `${estate.host.url}/api`);
    atGuacamole = await startRecorder();
    const { clients } = await realm.administrator();
    const [client] = await clients.find({ clientId: guacamole.client });
    await clients.update({ id: client?.id ?? "" }, { ...client, redirectUris: [`${atGuacamole.url}/*`] });
    browser = await chromium.launch({ executablePath: chromiumPath ?? "", args: ["--no-sandbox"] });
  });
  afterEach(async () => {
    estate.mend();
    await Promise.all(contexts.splice(0).map((each) => each.close()));
    await configure({ apiUrl: `${estate.host.url}/api`, recheckSeconds: "60" });
  });
  afterAll(async () => {
    await Promise.all([browser, atGuacamole, estate].map((each) => each.close()));
  });

  async function openGuacamole(
    { context, more = {} }: { context?: BrowserContext; more?: Record<string, string> } = {},
    javaScriptEnabled = true,
  ): Promise<Page> {
    const used = context ?? (await browser.newContext({ javaScriptEnabled, viewport: { width: 320, height: 800 } }));
    if (!context) contexts.push(used);
    const page = await used.newPage();
    const address = new URL(`${realm.issuer}/protocol/openid-connect/auth`);
    address.search = new URLSearchParams({
      client_id: guacamole.client,
      redirect_uri: `${atGuacamole.url}/`,
      response_type: "id_token",
      scope: "openid",
      nonce: "n",
      ...more,
    }).toString();
    await page.goto(address.href);
    return page;
  }

  async function logIn(username: string, javaScriptEnabled = true): Promise<Page> {
    const page = await openGuacamole({}, javaScriptEnabled);
    await page.fill("#username", username);
    await page.fill("#password", username);
    await page.click("#kc-login");
    return page;
  }

  async function choose(page: Page, workspace: string): Promise<void> {
    await page.check(`input[value="${workspace}"]`);
    await page.click("#cw-choose");
  }

  /** Waits until the person is at Guacamole, and returns what Keycloak sent along. */
  async function arrive(page: Page): Promise<{ claims: JWTPayload; sent: URLSearchParams }> {
    await page.waitForURL(`${atGuacamole.url}/#*`);
    const sent = new URLSearchParams(new URL(page.url()).hash.slice(1));
    const token = sent.get("id_token");
    return { claims: token === null ? {} : decodeJwt(token), sent };
  }

  /** Calls the product with a person's own token. */
  async function call(username: string, method: string, path: string, body?: object): Promise<void> {
    const client = { client_id: "guacamole-workspaces-cli", grant_type: "password" };
    const { access_token: token = "" } = await realm.token({ ...client, username, password: username });
    const response = await fetch(`${estate.host.url}/api${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body && { "content-type": "application/json" }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    expect([path, response.status, await response.text()]).toEqual([path, 200, expect.any(String)]);
  }

  async function configure(settings: Record<string, string>): Promise<void> {
    const { accessToken = "" } = await realm.administrator();
    const address = `${keycloak().url}/admin/realms/${realm.name}/authentication/required-actions/choose-workspace/config`;
    const headers = { authorization: `Bearer ${accessToken}`, "content-type": "application/json" };
    const { config } = (await (await fetch(address, { headers })).json()) as { config: Record<string, string> };
    const body = JSON.stringify({ config: { ...config, ...settings } });
    expect((await fetch(address, { method: "PUT", headers, body })).status).toBe(204);
  }

  async function setExpiry(binding: string, expires: string): Promise<void> {
    const manifest = {
      apiVersion: "xlscsde.nhs.uk/v1",
      kind: "AnalyticsWorkspaceBinding",
      metadata: { name: binding, namespace },
      spec: { expires },
    };
    const objects = KubernetesObjectApi.makeApiClient(estate.kubeconfig);
    await objects.patch(manifest, undefined, undefined, undefined, undefined, PatchStrategy.MergePatch);
  }

  it.each([true, false])(
    "sees the list with dates and reasons, watches the steps, and lands at Guacamole with the claim (JavaScript: %s)",
    async (javaScriptEnabled) => {
      await call("alice", "DELETE", "/users/alice/desktop?wait=10");
      const { promise: seen, resolve: go } = Promise.withResolvers<undefined>();
      estate.faults.beforeActivity = ({ name }) => (name === "grantPermission" ? seen : undefined);
      const page = await logIn("alice", javaScriptEnabled);
      const form = page.locator("#cw-form");
      await expect.poll(() => form.innerText()).toContain("Asthma cohort");
      expect(await form.innerText()).toContain("Available until December 31, 2099");
      expect(await page.locator(".cw-refused").innerText()).toContain("flu-season-2023 ended after 2024-04-30");
      await choose(page, "asthma-cohort");
      await page.waitForSelector("#cw-bar");
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(320);
      go(undefined);
      const { claims } = await arrive(page);
      expect(claims["guacamole_username"]).toBe("asthma-cohort@alice");

      // The session goes on, and is asked nothing.
      const { users } = await realm.administrator();
      expect((await users.listSessions({ id: claims.sub ?? "" })).map(({ id }) => id)).toContain(claims["sid"]);
      const again = await arrive(await openGuacamole({ context: page.context() }));
      expect(again.claims["guacamole_username"]).toBe("asthma-cohort@alice");
      const silent = await arrive(await openGuacamole({ context: page.context(), more: { prompt: "none" } }));
      expect(silent.claims["guacamole_username"]).toBe("asthma-cohort@alice");
    },
  );

  it("is not asked if there is only one workspace", async () => {
    const { claims } = await arrive(await logIn("bob"));
    expect(claims["guacamole_username"]).toBe("cancer-registry@bob");
  });

  it("learns why if there is none, and gets no further", async () => {
    const page = await logIn("dan");
    await page.waitForSelector("#cw-none");
    expect(await page.locator(".cw-refused").innerText()).toContain("rare-diseases");
    const silent = await arrive(await openGuacamole({ context: page.context(), more: { prompt: "none" } }));
    expect(silent.sent.get("error")).toBe("login_required");
  });

  it("reads the product's words if the choice was refused, and chooses again", async () => {
    const page = await logIn("alice");
    await page.waitForSelector("#cw-choose");
    await call("olga", "PUT", "/maintenance", { activation: "paused", reason: "the registry is being moved" });
    await choose(page, "cancer-registry");
    await expect.poll(() => page.locator("#cw-problem").innerText()).toContain("the registry is being moved");
    await call("olga", "PUT", "/maintenance", { activation: "on" });
    await choose(page, "cancer-registry");
    expect((await arrive(page)).claims["guacamole_username"]).toBe("cancer-registry@alice");
  });

  it("gets words and no token while the product does not answer, and goes on afterwards", async () => {
    await configure({ apiUrl: "http://127.0.0.1:1/api" });
    const page = await logIn("alice");
    await page.waitForSelector("#cw-retry");
    const silent = await arrive(await openGuacamole({ context: page.context(), more: { prompt: "none" } }));
    expect(silent.sent.get("error")).toBe("login_required");
    await configure({ apiUrl: `${estate.host.url}/api` });
    await page.click("#cw-retry");
    await choose(page, "asthma-cohort");
    expect((await arrive(page)).claims["guacamole_username"]).toBe("asthma-cohort@alice");
  });

  it("has a workspace in each of two browsers", async () => {
    const [one, other] = [await logIn("alice"), await logIn("alice")];
    await choose(one, "asthma-cohort");
    expect((await arrive(one)).claims["guacamole_username"]).toBe("asthma-cohort@alice");
    await choose(other, "cancer-registry");
    expect((await arrive(other)).claims["guacamole_username"]).toBe("cancer-registry@alice");
  });

  it("is asked again when the entitlement has ended, and an expired choice is refused", async () => {
    await configure({ recheckSeconds: "1" });
    const page = await logIn("alice");
    await choose(page, "asthma-cohort");
    await arrive(page);
    const late = await logIn("alice");
    await late.waitForSelector("#cw-choose");
    await setExpiry("asthma-cohort-alice", "2024-12-31");
    await choose(late, "asthma-cohort");
    await expect.poll(() => late.locator("#cw-problem").innerText()).toContain("can no longer be used");
    await expect
      .poll(async () => {
        const again = await openGuacamole({ context: page.context() });
        return again.locator("body").innerText();
      })
      .toContain("The workspace of this session can no longer be used.");
    await setExpiry("asthma-cohort-alice", "2099-12-31");
  });

  it("changes the workspace when an application offers it, or keeps the present one", async () => {
    const page = await logIn("alice");
    await choose(page, "cancer-registry");
    await arrive(page);
    const change = { context: page.context(), more: { kc_action: "choose-workspace" } };
    const kept = await openGuacamole(change);
    expect(await kept.isChecked('input[value="cancer-registry"]')).toBe(true);
    await kept.click("#cw-cancel");
    const { claims, sent } = await arrive(kept);
    expect([claims["guacamole_username"], sent.get("kc_action_status")]).toEqual([
      "cancer-registry@alice",
      "cancelled",
    ]);
    const changed = await openGuacamole(change);
    await choose(changed, "asthma-cohort");
    expect((await arrive(changed)).claims["guacamole_username"]).toBe("asthma-cohort@alice");
  });

  it("needs no secret in the settings if the realm's own key signs for the client", async () => {
    const { clients } = await realm.administrator();
    const [client] = await clients.find({ clientId: realm.service.id });
    const id = client?.id ?? "";
    const jwks = { "use.jwks.url": "true", "jwks.url": `${realm.issuer}/protocol/openid-connect/certs` };
    const attributes = { ...client?.attributes, ...jwks };
    await clients.update({ id }, { ...client, clientAuthenticatorType: "client-jwt", attributes });
    await configure({ clientAuthentication: "signed-jwt", clientSecret: "not the secret" });
    expect((await arrive(await logIn("bob"))).claims["guacamole_username"]).toBe("cancer-registry@bob");
    await clients.update({ id }, { ...client, clientAuthenticatorType: "client-secret" });
    await configure({ clientAuthentication: "secret", clientSecret: realm.service.secret });
  });

  it("needs nothing but a keyboard", async () => {
    const page = await openGuacamole();
    const focus = () => page.evaluate<string>("document.activeElement.id");
    const tabTo = async (id: string) => {
      for (let presses = 0; (await focus()) !== id && presses < 30; presses++) await page.keyboard.press("Tab");
      expect(await focus()).toBe(id);
    };
    await tabTo("username");
    await page.keyboard.type("alice");
    await tabTo("password");
    await page.keyboard.type("alice");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#cw-choose");
    // The last choice is selected, and Tab goes to it.
    await tabTo("cw-workspace-0");
    await page.keyboard.press("ArrowDown");
    await tabTo("cw-choose");
    await page.keyboard.press("Enter");
    expect((await arrive(page)).claims["guacamole_username"]).toBe("cancer-registry@alice");
  });
}
