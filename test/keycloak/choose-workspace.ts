import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Distribution } from "../../local/keycloak/distribution.ts";
import type { RealKeycloak } from "../../local/keycloak/real-keycloak.ts";
import { providerIsMissing } from "./available.ts";
import { chromiumPath } from "./chromium.ts";
import { describeHostileJourneys } from "./hostile-journeys.ts";
import { english, Journeys } from "./journeys.ts";
import { held, look } from "./look.ts";

/** The journeys of people through a login to Guacamole, in real Chromium. */
export function describeChooseWorkspace(keycloak: () => RealKeycloak, distribution: Distribution): void {
  const missing = providerIsMissing ?? (chromiumPath === undefined ? "there is no Chromium" : undefined);
  if (missing !== undefined) console.warn(`skipped: choosing a workspace: ${missing}`);
  describe.skipIf(missing !== undefined)("in Chromium", () => {
    let started: Journeys | undefined;
    const journeys = () => {
      if (!started) throw new Error("use the journeys: they have not started");
      return started;
    };
    beforeAll(async () => {
      started = await Journeys.start(keycloak(), chromiumPath ?? "");
    });
    afterEach((test) => journeys().endOne(test));
    afterAll(() => started?.close());
    describeJourneys(journeys, distribution);
    describeHostileJourneys(journeys, distribution);
  });
}

function describeJourneys(journeys: () => Journeys, { version }: Distribution): void {
  const picture = (name: string) => `${version}-${name}`;

  it.each([true, false])(
    "sees the list with dates and reasons, watches the steps, and lands at Guacamole with the claim (JavaScript: %s)",
    async (javaScriptEnabled) => {
      const at = journeys();
      const { realm, tap } = at;
      await at.suspend("alice");
      const go = at.holdStarts();
      const page = await at.logIn("alice", { javaScriptEnabled, more: { state: "where-the-person-was" } });
      const form = page.locator("#cw-form");
      await expect.poll(() => form.innerText()).toContain("Asthma cohort");
      expect(await form.innerText()).toContain("Available until December 31, 2099");
      expect(await page.locator(".cw-refused").innerText()).toContain("flu-season-2023 ended after 2024-04-30");
      if (javaScriptEnabled) await look(page, picture("list"), ["light", "dark"]);
      await at.choose(page, "asthma-cohort");
      await page.waitForSelector("#cw-bar");
      if (javaScriptEnabled) await held(page, () => look(page, picture("progress"), ["light", "dark"]));
      // The person may stop the refreshing, and start it again.
      await page.click("#cw-still");
      await page.getByText("This page does not refresh itself.").waitFor();
      if (javaScriptEnabled) await look(page, picture("progress-still"));
      await page.click("#cw-still");
      await page.getByText("This page refreshes itself").waitFor();
      go();
      const { claims, sent } = await at.arrive(page);
      expect(claims["guacamole_username"]).toBe("asthma-cohort@alice");
      expect(sent.get("state")).toBe("where-the-person-was");

      const [asked, ...others] = tap.calls.filter(({ method }) => method === "PUT");
      expect(others).toEqual([]);
      expect(asked?.body).toMatchObject({ workspace: "asthma-cohort", subject: claims.sub, session: claims["sid"] });
      const { users } = await realm.administrator();
      expect((await users.listSessions({ id: claims.sub ?? "" })).map(({ id }) => id)).toContain(claims["sid"]);

      // The session goes on. It is asked nothing, and nor is the product.
      tap.calls = [];
      const context = page.context();
      expect(await at.nameOf(await at.openGuacamole({ context }))).toBe("asthma-cohort@alice");
      const silent = await at.openGuacamole({ context, more: { prompt: "none" } });
      expect(await at.nameOf(silent)).toBe("asthma-cohort@alice");
      expect(tap.calls).toEqual([]);
    },
  );

  it("is not asked if there is only one workspace", async () => {
    expect(await journeys().nameOf(await journeys().logIn("bob"))).toBe("cancer-registry@bob");
  });

  it("learns why if there is none, and gets no further", async () => {
    const page = await journeys().logIn("dan");
    await page.waitForSelector("#cw-none");
    expect(await page.locator(".cw-refused").innerText()).toContain("rare-diseases");
    await look(page, picture("none"));
    const again = { context: page.context(), more: { prompt: "none" } };
    expect((await journeys().arrive(await journeys().openGuacamole(again))).sent.get("error")).toBe("login_required");
    expect(journeys().tap.count("PUT")).toBe(0);
  });

  it("reads the product's words if the choice was refused, and chooses again", async () => {
    const page = await journeys().logIn("alice");
    await page.waitForSelector("#cw-choose");
    await journeys().call("olga", "PUT", "/maintenance", {
      activation: "paused",
      reason: "the registry is being moved",
    });
    await journeys().choose(page, "cancer-registry");
    await expect.poll(() => page.locator("#cw-problem").innerText()).toContain("the registry is being moved");
    await look(page, picture("refused"), ["light", "dark"]);
    await journeys().call("olga", "PUT", "/maintenance", { activation: "on" });
    await journeys().choose(page, "cancer-registry");
    expect(await journeys().nameOf(page)).toBe("cancer-registry@alice");
  });

  it("reads why the desktop could not be started, and chooses again", async () => {
    const { estate } = journeys();
    await journeys().suspend("alice");
    const page = await journeys().logIn("alice");
    await page.waitForSelector("#cw-choose");
    estate.faults.beforeActivity = ({ name }) => {
      if (name === "grantPermission") throw new Error("a fault of the test");
    };
    await journeys().choose(page, "asthma-cohort");
    await expect.poll(() => page.locator("#cw-problem").innerText()).toContain("The desktop could not be started.");
    await look(page, picture("failed"));
    estate.mend();
    await journeys().choose(page, "asthma-cohort");
    expect(await journeys().nameOf(page)).toBe("asthma-cohort@alice");
  });

  it("has a workspace in each of two browsers", async () => {
    const [one, other] = [await journeys().logIn("alice"), await journeys().logIn("alice")];
    await journeys().choose(one, "asthma-cohort");
    const first = await journeys().arrive(one);
    expect(first.claims["guacamole_username"]).toBe("asthma-cohort@alice");
    await journeys().choose(other, "cancer-registry");
    const second = await journeys().arrive(other);
    expect(second.claims["guacamole_username"]).toBe("cancer-registry@alice");
    const told = journeys().tap.calls.flatMap(({ body }) => body?.["session"] ?? []);
    expect(told).toEqual([first.claims["sid"], second.claims["sid"]]);
  });

  it("is asked again when the entitlement has ended, each time, and an expired choice is refused", async () => {
    const page = await journeys().logIn("alice");
    await journeys().choose(page, "asthma-cohort");
    await journeys().arrive(page);
    const late = await journeys().logIn("alice");
    await late.waitForSelector("#cw-choose");
    await journeys().setExpiry("asthma-cohort-alice", "2024-12-31");
    try {
      await journeys().choose(late, "asthma-cohort");
      await expect.poll(() => late.locator("#cw-problem").innerText()).toContain("can no longer be used");
      await look(late, picture("expired"));
      // The session was looked at when it began; after that time the product is asked.
      await journeys().configure({ recheckSeconds: "1" });
      const again = () => journeys().openGuacamole({ context: page.context() });
      const ended = "The workspace of this session can no longer be used.";
      await expect.poll(async () => (await again()).locator("body").innerText()).toContain(ended);
      await journeys().configure({ recheckSeconds: "3600" });
      const last = await again();
      await last.getByText(ended).waitFor();
      await look(last, picture("ended"));
    } finally {
      await journeys().setExpiry("asthma-cohort-alice", "2099-12-31");
    }
  });

  it("changes the workspace when an application offers it, or keeps the present one", async () => {
    const page = await journeys().logIn("alice");
    await journeys().choose(page, "cancer-registry");
    await journeys().arrive(page);
    const change = { context: page.context(), more: { kc_action: "choose-workspace" } };
    const kept = await journeys().openGuacamole(change);
    // The last choice is selected.
    expect(await kept.isChecked('input[value="cancer-registry"]')).toBe(true);
    await look(kept, picture("change"));
    await kept.click("#cw-cancel");
    const { claims, sent } = await journeys().arrive(kept);
    const cancelled = ["cancer-registry@alice", "cancelled"];
    expect([claims["guacamole_username"], sent.get("kc_action_status")]).toEqual(cancelled);
    const changed = await journeys().openGuacamole(change);
    await journeys().choose(changed, "asthma-cohort");
    // This browser may still be signed in to Guacamole as the other user.
    await expect.poll(() => changed.locator("#cw-sign-in-again").innerText()).toContain("as cancer-registry@alice");
    await look(changed, picture("sign-in-again"));
    await changed.click("#cw-continue");
    expect(await journeys().nameOf(changed)).toBe("asthma-cohort@alice");
    expect(await journeys().nameOf(await journeys().openGuacamole({ context: page.context() }))).toBe(
      "asthma-cohort@alice",
    );
  });

  it("is asked nothing by other applications, and is asked when Guacamole is opened in the same session", async () => {
    const { clients } = await journeys().realm.administrator();
    const redirectUris = [`${journeys().atGuacamole.url}/*`];
    await clients.create({ clientId: "other", publicClient: true, implicitFlowEnabled: true, redirectUris });
    const page = await journeys().open("other");
    await journeys().sendPassword(page, "alice");
    const { claims } = await journeys().arrive(page);
    expect([claims["aud"], claims["guacamole_username"]]).toEqual(["other", undefined]);
    const context = page.context();
    const silent = await journeys().openGuacamole({ context, more: { prompt: "none" } });
    expect((await journeys().arrive(silent)).sent.get("error")).toBe("interaction_required");
    expect(journeys().tap.calls).toEqual([]);
    const asked = await journeys().openGuacamole({ context });
    await journeys().choose(asked, "asthma-cohort");
    expect(await journeys().nameOf(asked)).toBe("asthma-cohort@alice");
  });

  it("chooses again after a new authentication", async () => {
    const page = await journeys().logIn("alice");
    await journeys().choose(page, "asthma-cohort");
    await journeys().arrive(page);
    const again = await journeys().openGuacamole({ context: page.context(), more: { prompt: "login" } });
    await journeys().sendPassword(again, "alice");
    await journeys().choose(again, "cancer-registry");
    expect(await journeys().nameOf(again)).toBe("cancer-registry@alice");
  });

  it("reads Welsh if the realm and the person want it", async () => {
    await journeys().changeRealm({ ...english, supportedLocales: ["en", "cy"] });
    try {
      const page = await journeys().logIn("alice", { more: { ui_locales: "cy" } });
      await page.getByText("Eich gweithleoedd").waitFor();
      expect(await page.getAttribute("html", "lang")).toBe("cy");
      await look(page, picture("list-welsh"));
    } finally {
      await journeys().changeRealm(english);
    }
  });

  it("needs no secret in the settings if the realm's own key signs for the client", async () => {
    const { service, issuer } = journeys().realm;
    const { clients } = await journeys().realm.administrator();
    const [client] = await clients.find({ clientId: service.id });
    const jwks = { "use.jwks.url": "true", "jwks.url": `${issuer}/protocol/openid-connect/certs` };
    const attributes = { ...client?.attributes, ...jwks };
    await journeys().changeClient(service.id, { clientAuthenticatorType: "client-jwt", attributes });
    await journeys().configure({ clientAuthentication: "signed-jwt", clientSecret: "not the secret" });
    expect(await journeys().nameOf(await journeys().logIn("bob"))).toBe("cancer-registry@bob");
    await journeys().changeClient(service.id, { clientAuthenticatorType: "client-secret" });
    await journeys().configure({ clientAuthentication: "secret", clientSecret: service.secret });
  });

  it("needs nothing but a keyboard", async () => {
    await journeys().suspend("alice");
    const go = journeys().holdStarts();
    const page = await journeys().openGuacamole();
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
    const [first, second] = ["cw-workspace-0", "cw-workspace-1"];
    const last = (await page.isChecked(`#${first}`)) ? first : second;
    await tabTo(last);
    await page.keyboard.press(last === first ? "ArrowDown" : "ArrowUp");
    const chosen = await page.getAttribute("input:checked", "value");
    await tabTo("cw-choose");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#cw-bar");
    await tabTo("cw-still");
    await page.keyboard.press("Enter");
    await page.getByText("This page does not refresh itself.").waitFor();
    go();
    await tabTo("cw-check");
    await page.keyboard.press("Enter");
    expect(await journeys().nameOf(page)).toBe(`${String(chosen)}@alice`);
  });
}
