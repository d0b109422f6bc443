import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { texts } from "../../portal/texts.ts";
import { expectAccessible, noBrowser, usePortal, submitLogin } from "./harness.ts";

/** Two tabs of one browser. The second one does not look again by itself: what it shows it was told. */
describe.skipIf(noBrowser)(`two tabs in a browser${noBrowser ? ` (skipped: ${noBrowser})` : ""}`, () => {
  const portal = usePortal({ tidy: ({ estate }) => estate.ask("bob", null) });

  async function twoTabs(username: string, paths: [string, string] = ["/", "/"]) {
    const { context, page, faults } = await portal.signIn(username, paths[0]);
    const other = await context.newPage();
    await other.goto(portal.url + paths[1]);
    await other.getByRole("button", { name: texts.signOut }).waitFor();
    return { context, page, other, faults };
  }
  /** From its next load on, it does not look again by itself, nor renews anything: that takes longer than a click does. */
  const standStill = (page: Page) =>
    page.addInitScript(`
      const soon = setTimeout;
      globalThis.setTimeout = (work, milliseconds, ...more) => milliseconds >= 5_000 ? 0 : soon(work, milliseconds, ...more);
    `);

  it("show what was done in one of them in both", async () => {
    await portal.estate.ask("bob", "cancer-registry");
    const { page, other, faults } = await twoTabs("bob");
    for (const each of [page, other])
      await each.getByRole("heading", { level: 1, name: "Cancer registry is ready" }).waitFor();
    await standStill(other);
    await other.reload();
    const kept = other.getByText(/You asked to keep it until then/);
    await other.getByRole("heading", { level: 1, name: "Cancer registry is ready" }).waitFor();
    expect(await kept.count()).toBe(0);
    await page.getByRole("group", { name: texts.running.keepTitle }).getByRole("button").last().click();
    await kept.waitFor();
    await page.getByRole("button", { name: texts.running.suspend }).click();
    await other.getByRole("heading", { level: 1, name: texts.workspaces.title }).and(other.locator(":focus")).waitFor();
    expect(faults).toEqual([]);
  });

  it.each<[string, string]>([
    ["/", "/"],
    ["/", "/console"],
    ["/console", "/"],
  ])("both end with the sign-out of one: %s and %s", async (one, two) => {
    const { page, other, faults } = await twoTabs("olga", [one, two]);
    await other.getByRole("heading", { level: 1 }).waitFor();
    await standStill(other);
    await other.reload();
    await other.getByRole("button", { name: texts.signOut }).waitFor();
    await page.getByRole("button", { name: texts.signOut }).click();
    const title = other.getByRole("heading", { level: 1, name: texts.signedOut.title });
    await title.and(other.locator(":focus")).waitFor();
    expect(await other.title()).toBe(texts.signedOut.title);
    expect(await other.locator("body").innerText()).not.toMatch(/olga/);
    expect(await other.getByRole("button", { name: texts.signOut }).count()).toBe(0);
    await expectAccessible(other, "signed out in another tab");
    expect(faults).toEqual([]);
  });

  it("hide what they show while Keycloak's session still lives, and offer a new sign-in only when it has ended", async () => {
    const { context, page, other, faults } = await twoTabs("olga");
    const reloaded = await context.newPage();
    await reloaded.goto(portal.url);
    await reloaded.getByRole("button", { name: texts.signOut }).waitFor();
    const ending = Promise.withResolvers<undefined>();
    await page.route("**/protocol/openid-connect/logout?*", async (route) => {
      await ending.promise;
      await route.continue();
    });
    const asked: string[] = [];
    context.on("request", (request) => {
      if (request.url().includes("/protocol/openid-connect/auth?")) asked.push(request.url());
    });
    await page.getByRole("button", { name: texts.signOut }).click({ noWaitAfter: true });
    for (const each of [other, reloaded]) {
      const title = each.getByRole("heading", { level: 1, name: texts.signingOut.title });
      await title.and(each.locator(":focus")).waitFor();
      expect(await each.locator("body").innerText()).not.toMatch(/olga/);
      expect(await each.getByRole("main").getByRole("button").count()).toBe(0);
    }
    await expectAccessible(other, "signing out in another tab");
    await reloaded.reload();
    await reloaded.getByRole("heading", { level: 1, name: texts.signedOut.title }).waitFor();
    ending.resolve(undefined);
    await other.getByRole("heading", { level: 1, name: texts.signedOut.title }).and(other.locator(":focus")).waitFor();
    await page.getByRole("heading", { level: 1, name: texts.signedOut.title }).waitFor();
    expect(page.url()).toBe(`${portal.url}/`);
    expect(asked).toEqual([]);
    await other.getByRole("button", { name: texts.signedOut.again }).click();
    await other.getByLabel(/password/i).waitFor();
    expect(faults).toEqual([]);
  });

  it("are told that the session has ended once, and not after a reload", async () => {
    const { page, other } = await twoTabs("olga");
    await page.getByRole("button", { name: texts.signOut }).click();
    for (const each of [page, other])
      await each.getByRole("heading", { level: 1, name: texts.signedOut.title }).waitFor();
    await other.getByRole("button", { name: texts.signedOut.again }).click();
    await submitLogin(other, "olga");
    await other.evaluate(`
      globalThis.told = [];
      new BroadcastChannel("portal.news").onmessage = ({ data }) => told.push(data);
    `);
    await page.reload();
    await page.getByRole("heading", { level: 1, name: texts.signedOut.title }).waitFor();
    await page.evaluate("new BroadcastChannel('portal.news').postMessage('the last')");
    await expect.poll(() => other.evaluate("told")).toEqual(["the last"]);
  });

  it("are not needed: without a channel between them each one works for itself", async () => {
    const { context, page, faults } = await portal.visit("/accessibility");
    await context.addInitScript("delete globalThis.BroadcastChannel");
    await page.goto(portal.url);
    await page.getByLabel(/username/i).fill("bob");
    await page.getByLabel(/password/i).fill("bob");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Start Cancer registry" }).click();
    await page.getByRole("heading", { name: "Guacamole" }).waitFor();
    await page.goto(portal.url);
    await page.getByRole("button", { name: texts.running.suspend }).click();
    await page.getByRole("button", { name: "Start Cancer registry" }).waitFor();
    await page.getByRole("button", { name: texts.signOut }).click();
    const title = page.getByRole("heading", { level: 1, name: texts.signedOut.title });
    await title.waitFor();
    // Of a page that was just opened the browser tells.
    expect(await title.and(page.locator(":focus")).count()).toBe(0);
    expect(faults).toEqual([]);
  });
});
