import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { systemClock } from "@stand-in/functions-host";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { RealKeycloak } from "../../local/keycloak/real-keycloak.ts";
import { patienceMilliseconds } from "../browser/harness.ts";
import { tellWhatIsShown } from "../browser/shown.ts";
import { namespace, startTestEstate, type TestEstate } from "../estate.ts";
import { adminApi } from "./admin-api.ts";
import { callAs } from "./call-as.ts";
import { chromiumPath } from "./chromium.ts";
import { createRealm, type TestRealm } from "./realm.ts";

/** Seconds that a token is valid: so short that it has to be renewed while a person waits. */
const tokenSeconds = 6;

/** People who wait in the portal for longer than their token lives, and whose session ends meanwhile, with a real Keycloak. */
export function describePortalWaits(keycloak: () => RealKeycloak): void {
  describe.skipIf(chromiumPath === undefined)("a person who waits in the portal", () => {
    let realm: TestRealm;
    let estate: TestEstate;
    let browser: Browser;
    let context: BrowserContext;
    let page: Page;
    /** The forms of every token that the page asked for. */
    let grants: string[];

    beforeAll(async () => {
      realm = await createRealm(keycloak());
      estate = await startTestEstate(
        undefined,
        {
          OIDC_ISSUER: realm.issuer,
          OIDC_CLIENTS: "workspace-action,guacamole-workspaces-cli,desktops-portal",
          KEYCLOAK_ADMIN_CLIENT: realm.lookup.id,
          KEYCLOAK_ADMIN_SECRET: realm.lookup.secret,
        },
        systemClock,
      );
      const { clients, realms } = await realm.administrator();
      await realms.update({ realm: realm.name }, { accessTokenLifespan: tokenSeconds });
      const [client] = await clients.find({ clientId: realm.portal.id });
      const home = `${estate.host.url}/`;
      const attributes = { ...client?.attributes, "post.logout.redirect.uris": home };
      const addresses = { redirectUris: [home], webOrigins: [estate.host.url], attributes };
      await clients.update({ id: client?.id ?? "" }, { ...client, ...addresses });
      browser = await chromium.launch({ executablePath: chromiumPath ?? "", args: ["--no-sandbox"] });
    });
    afterAll(async () => {
      await browser.close();
      await estate.close();
      await realm.remove();
    });
    afterEach(async (test) => {
      await tellWhatIsShown(test, [context]);
      estate.cluster.setFault({ namespace }, null);
      await context.close();
      // The next test starts it again, whatever became of this one.
      await callAs({ realm, url: estate.host.url }, "bob", "DELETE", "/users/bob/desktop");
      await estate.host.whenIdle();
    });

    /** Signs bob in, and starts a desktop that does not become ready. */
    async function startOfBob(): Promise<void> {
      estate.cluster.setFault({ namespace }, "never-ready");
      context = await browser.newContext();
      context.setDefaultTimeout(patienceMilliseconds);
      await context.route("**/guacamole/**", (route) =>
        route.fulfill({ contentType: "text/html", body: "<h1>Guacamole</h1>" }),
      );
      page = await context.newPage();
      grants = [];
      page.on("request", (request) => {
        if (request.url().endsWith("/protocol/openid-connect/token"))
          grants.push(new URLSearchParams(request.postData() ?? "").get("grant_type") ?? "");
      });
      await page.goto(estate.host.url);
      await page.fill("#username", "bob");
      await page.fill("#password", "bob");
      await page.click("#kc-login");
      await page.getByRole("button", { name: "Start Cancer registry" }).click();
      await untilItWaits();
    }
    const untilItWaits = () =>
      page.getByRole("listitem").filter({ hasText: "Wait until it is ready" }).getByText("In progress").waitFor();
    /** Lets the page ask at once, not only when the wait of its last question is over. */
    const look = () => page.evaluate("dispatchEvent(new Event('online'))").catch(() => undefined);
    const untilRenewed = (times: number) =>
      expect
        .poll(
          async () => {
            await look();
            return grants.filter((grant) => grant === "refresh_token").length;
          },
          { timeout: patienceMilliseconds, interval: 500 },
        )
        .toBeGreaterThanOrEqual(times);
    const lookUntilShown = (heading: string) =>
      expect
        .poll(
          async () => {
            await look();
            return page.getByRole("heading", { level: 1, name: heading }).isVisible();
          },
          { timeout: patienceMilliseconds, interval: 500 },
        )
        .toBe(true);
    const tokens = () =>
      page.evaluate<string>("JSON.stringify([{ ...sessionStorage }, { ...localStorage }, location])");

    /** Lets the desktop become ready, comes back from it, and stops it. */
    async function openAndStop(): Promise<void> {
      estate.cluster.setFault({ namespace }, null);
      await page.getByRole("heading", { name: "Guacamole" }).waitFor();
      await page.goto(estate.host.url);
      await page.getByRole("heading", { level: 1, name: "Cancer registry is ready" }).waitFor();
      await page.getByRole("button", { name: "Stop the desktop" }).click();
      await page.getByRole("region", { name: "Cancer registry was stopped" }).getByText("You stopped it.").waitFor();
    }

    it("renews the token, each refresh token once, opens the desktop, and signs out", async () => {
      await startOfBob();
      await untilRenewed(2);
      await untilItWaits();
      expect(await tokens()).not.toMatch(/eyJ/);
      await openAndStop();
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.getByRole("heading", { level: 1, name: "You are signed out" }).waitFor();
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.waitForSelector("#username");
    });

    it("goes on without a question when its tokens were revoked and the session lives", async () => {
      await startOfBob();
      // As after a refresh token that came twice: Keycloak forgets the client in the session (ADR 29).
      let stolen = "";
      await page.route("**/protocol/openid-connect/token", async (route) => {
        const form = new URLSearchParams(route.request().postData() ?? "");
        const response = await route.fetch();
        // Only now it was used: who comes first with it would get new tokens.
        stolen = form.get("refresh_token") ?? stolen;
        await route.fulfill({ response });
      });
      await untilRenewed(2);
      await page.unrouteAll({ behavior: "wait" });
      const answer = await realm.token({
        ...{ grant_type: "refresh_token", refresh_token: stolen, client_id: realm.portal.id },
      });
      expect(answer.error).toBe("invalid_grant");
      const before = grants.filter((grant) => grant === "authorization_code").length;
      await expect
        .poll(
          async () => {
            await look();
            return grants.filter((grant) => grant === "authorization_code").length;
          },
          { timeout: patienceMilliseconds, interval: 500 },
        )
        .toBeGreaterThan(before);
      await untilItWaits();
      await openAndStop();
    });

    it("reads that the session has ended when an administrator ends it", async () => {
      await startOfBob();
      const call = adminApi(realm);
      const [bob] = await call<{ id: string }[]>("GET", "users?username=bob&exact=true");
      await call("POST", `users/${bob?.id ?? ""}/logout`);
      await lookUntilShown("You are signed out");
      expect(page.url()).toBe(`${estate.host.url}/`);
      expect(await page.locator("body").innerText()).not.toMatch(/bob|Cancer registry/);
    });
  });
}
