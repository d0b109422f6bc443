import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import type { Distribution } from "../../local/keycloak/distribution.ts";
import type { Fault } from "./api-tap.ts";
import type { Journeys } from "./journeys.ts";
import { look } from "./look.ts";

/** People who do what nobody expects, and a product that does not answer. */
export function describeHostileJourneys(journeys: () => Journeys, { version }: Distribution): void {
  const picture = (name: string) => `${version}-${name}`;

  /** What the form would send, for a client that sends it by itself. */
  async function formOf(
    page: Page,
  ): Promise<{ address: string; send: (form: Record<string, string>) => Promise<string> }> {
    const address = (await page.getAttribute("#cw-form", "action")) ?? "";
    const send = async (form: Record<string, string>) => (await page.request.post(address, { form })).text();
    return { address, send };
  }

  it.each<[string, Fault | "no connection"]>([
    ["refuses connections", "no connection"],
    ["never answers", "never answers"],
    ["fails", { status: 500, text: "{}" }],
    ["answers something else", { status: 200, type: "text/html", text: "<html>a gateway's page</html>" }],
    ["does not accept Keycloak's token", { status: 401, text: "{}" }],
  ])("gets words and no token while the product %s, and goes on afterwards", async (_what, fault) => {
    const at = journeys();
    const wrong: Record<string, string> =
      fault === "no connection" ? { apiUrl: "http://127.0.0.1:1/api" } : { readTimeoutSeconds: "1" };
    if (fault !== "no connection") at.tap.fault = fault;
    await at.configure(wrong);
    const page = await at.logIn("alice");
    await page.waitForSelector("#cw-retry");
    if (fault === "no connection") await look(page, picture("unavailable"), ["light", "dark"]);
    await page.click("#cw-retry");
    await page.waitForSelector("#cw-retry");
    const silent = await at.openGuacamole({ context: page.context(), more: { prompt: "none" } });
    expect((await at.arrive(silent)).sent.get("error")).toBe("login_required");
    expect(at.tap.count("PUT")).toBe(0);
    at.tap.fault = undefined;
    await at.configure(at.usual);
    await page.click("#cw-retry");
    await at.choose(page, "asthma-cohort");
    expect(await at.nameOf(page)).toBe("asthma-cohort@alice");
  });

  it("gets no token if the product stops answering between the choice and the desktop", async () => {
    const at = journeys();
    await at.suspend("alice");
    const go = at.holdStarts();
    const page = await at.logIn("alice");
    await at.choose(page, "cancer-registry");
    await page.waitForSelector("#cw-bar");
    at.tap.fault = { status: 502, type: "text/html", text: "<html>bad gateway</html>" };
    await page.waitForSelector("#cw-retry");
    const silent = await at.openGuacamole({ context: page.context(), more: { prompt: "none" } });
    expect((await at.arrive(silent)).sent.get("error")).toBe("login_required");
    at.tap.fault = undefined;
    go();
    await page.click("#cw-retry");
    expect(await at.nameOf(page)).toBe("cancer-registry@alice");
    expect(at.tap.count("PUT")).toBe(1);
  });

  it("can give up a change of workspace while the product does not answer", async () => {
    const at = journeys();
    const page = await at.logIn("bob");
    await at.arrive(page);
    at.tap.fault = { status: 500, text: "{}" };
    const change = await at.openGuacamole({ context: page.context(), more: { kc_action: "choose-workspace" } });
    await change.waitForSelector("#cw-retry");
    expect(await change.locator("#cw-problem").innerText()).toContain("the workspace cannot be changed");
    await look(change, picture("unavailable-change"));
    await change.click("#cw-cancel");
    expect(await at.nameOf(change)).toBe("cancer-registry@bob");
  });

  it("does not get past a first choice by giving up what an application asked for", async () => {
    const at = journeys();
    const page = await at.logIn("alice", { more: { kc_action: "choose-workspace" } });
    await page.waitForSelector("#cw-choose");
    // 26 does not offer it, since the choice is due anyway; 25 asks again.
    if (await page.isVisible("#cw-cancel")) await page.click("#cw-cancel");
    else await (await formOf(page)).send({ "cancel-aia": "true" });
    await page.reload();
    await page.waitForSelector("#cw-choose");
    const silent = await at.openGuacamole({ context: page.context(), more: { prompt: "none" } });
    expect((await at.arrive(silent)).sent.get("error")).toBe("login_required");
    await at.choose(page, "asthma-cohort");
    expect(await at.nameOf(page)).toBe("asthma-cohort@alice");
  });

  it("gets no workspace that is not in the list, and sends no form twice", async () => {
    const at = journeys();
    await at.suspend("alice");
    const go = at.holdStarts();
    const page = await at.logIn("alice");
    await page.waitForSelector("#cw-choose");
    const first = await formOf(page);
    for (const workspace of ["flu-season-2023", "rare-diseases", "../bob", ""]) {
      await page.reload();
      expect(await (await formOf(page)).send({ workspace, choose: "true" })).toMatch(/can no longer be used/);
    }
    expect(at.tap.count("PUT")).toBe(0);
    await page.reload();
    const form = await formOf(page);
    expect(await form.send({ workspace: "asthma-cohort", choose: "true" })).toContain("cw-bar");
    for (const old of [form, first]) await old.send({ workspace: "cancer-registry", choose: "true" });
    expect(at.tap.calls.filter(({ method }) => method === "PUT").map(({ body }) => body?.["workspace"])).toEqual([
      "asthma-cohort",
    ]);
    // Without the browser's cookies, the form's address is worth nothing.
    const { address } = form;
    const body = new URLSearchParams({ workspace: "cancer-registry", choose: "true" });
    await fetch(address, { method: "POST", body, redirect: "manual" });
    expect(at.tap.count("PUT")).toBe(1);
    go();
    await page.reload();
    expect(await at.nameOf(page)).toBe("asthma-cohort@alice");
  });

  it("finds the way on after the browser's back button", async () => {
    const at = journeys();
    await at.suspend("alice");
    const go = at.holdStarts();
    const page = await at.logIn("alice");
    await at.choose(page, "asthma-cohort");
    await page.waitForSelector("#cw-bar");
    await page.click("#cw-still");
    await page.waitForSelector('#cw-still[value="false"]');
    await page.goBack();
    await page.waitForSelector("#cw-bar, #cw-choose");
    go();
    if ((await page.locator("#cw-check").count()) > 0) await page.click("#cw-check");
    else await at.choose(page, "asthma-cohort");
    expect(await at.nameOf(page)).toBe("asthma-cohort@alice");
    await page.goBack();
    // Guacamole begins again, in the session that is there.
    expect(await at.nameOf(await at.openGuacamole({ context: page.context() }))).toBe("asthma-cohort@alice");
  });

  it("has one session and a valid name in two tabs of one browser", async () => {
    const at = journeys();
    const one = await at.logIn("alice");
    await one.waitForSelector("#cw-choose");
    const other = await at.openGuacamole({ context: one.context() });
    if ((await other.locator("#kc-login").count()) > 0) await at.sendPassword(other, "alice");
    await other.waitForSelector("#cw-choose");
    await at.choose(one, "asthma-cohort");
    const first = await at.arrive(one);
    expect(first.claims["guacamole_username"]).toBe("asthma-cohort@alice");
    // Keycloak ends the other tab's login by itself, or lets the person go on there.
    const ended = other.waitForURL(`${at.atGuacamole.url}/#*`).then(() => "arrived");
    const goOn = at.choose(other, "cancer-registry").catch(() => undefined);
    await Promise.all([ended, goOn]);
    const second = await at.arrive(other);
    const asked = at.tap.calls.filter(({ method }) => method === "PUT").map(({ body }) => body?.["workspace"]);
    expect([second.claims["sid"], second.claims["guacamole_username"]]).toEqual([
      first.claims["sid"],
      `${String(asked.at(-1))}@alice`,
    ]);
  });

  it("reads the words of workspaces as words", async () => {
    const at = journeys();
    const evil = `<img src=x onerror="document.title='taken'">{0}'\${7*7}`;
    await at.describeWorkspace("cancer-registry", { displayName: evil, description: `</p><script>1</script>${evil}` });
    try {
      const page = await at.logIn("alice");
      await page.waitForSelector("#cw-choose");
      expect(await page.locator("label", { hasText: evil }).count()).toBe(1);
      expect(await page.locator("#cw-form img, #cw-form script").count()).toBe(0);
      await at.suspend("alice");
      const go = at.holdStarts();
      await at.choose(page, "cancer-registry");
      await page.waitForSelector("#cw-bar");
      expect(await page.locator("#cw-chosen").innerText()).toBe(evil);
      expect(await page.title()).not.toBe("taken");
      go();
      expect(await at.nameOf(page)).toBe("cancer-registry@alice");
    } finally {
      const displayName = "Cancer registry";
      await at.describeWorkspace("cancer-registry", { displayName, description: `Sample workspace: ${displayName}` });
    }
  });

  it("asks the product once in a while, however often Guacamole is opened in a session", async () => {
    const at = journeys();
    const page = await at.logIn("bob");
    await at.arrive(page);
    // The session was looked at when it began.
    await at.configure({ recheckSeconds: "1" });
    at.tap.calls = [];
    const context = page.context();
    await expect
      .poll(async () => {
        await at.nameOf(await at.openGuacamole({ context }));
        return at.tap.count("POST");
      })
      .toBe(1);
    await at.configure({ recheckSeconds: "3600" });
    for (let times = 0; times < 3; times++) await at.nameOf(await at.openGuacamole({ context }));
    expect(at.tap.calls.map(({ method, path }) => `${method} ${path.replace(/\?.*/, "")}`)).toEqual([
      "POST /api/users/bob/workspaces",
    ]);
  });

  it("keeps the last choice through changes of the profile, and cannot edit it", async () => {
    const at = journeys();
    const page = await at.logIn("alice");
    await at.choose(page, "cancer-registry");
    const { claims } = await at.arrive(page);
    const { users, clients } = await at.realm.administrator();
    const id = claims.sub ?? "";
    const [console] = await clients.find({ clientId: "account" });
    const clientUniqueId = console?.id ?? "";
    const role = await clients.findRole({ id: clientUniqueId, roleName: "manage-account" });
    const roles = [{ id: role?.id ?? "", name: "manage-account" }];
    await users.addClientRoleMappings({ id, clientUniqueId, roles });
    const token = await at.realm.token({
      client_id: "guacamole-workspaces-cli",
      grant_type: "password",
      username: "alice",
      password: "alice",
      scope: "openid",
    });
    const account = `${at.realm.issuer}/account`;
    const headers = {
      authorization: `Bearer ${String(token.access_token)}`,
      accept: "application/json",
      "content-type": "application/json",
    };
    const profile = (await (await fetch(account, { headers })).json()) as { attributes?: Record<string, string[]> };
    expect(profile.attributes ?? {}).not.toHaveProperty("guacamole_workspaces_last");
    const attributes = { ...profile.attributes, guacamole_workspaces_last: ["asthma-cohort"] };
    const body = JSON.stringify({ ...profile, firstName: "Alicia", attributes });
    const changed = await fetch(account, { method: "POST", headers, body });
    await users.update({ id }, { username: "alice", firstName: "Alice" });
    const next = await at.logIn("alice");
    await next.waitForSelector("#cw-choose");
    expect([changed.status, await next.getAttribute("input:checked", "value").catch(() => null)]).toEqual([
      204,
      "cancer-registry",
    ]);
  });

  it("leaves no secret, token or claim in Keycloak's log", () => {
    const log = journeys().keycloak.output();
    expect(log).toContain("choose workspace:");
    expect(log).not.toContain(journeys().realm.service.secret);
    expect(log).not.toMatch(/eyJ[\w-]{10}|Bearer /);
  });
}
