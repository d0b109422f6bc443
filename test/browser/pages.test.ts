/** The portal and the console in a real Chromium, on the product as `npm start` starts it. Skipped where there is none. */
import { createRequire } from "node:module";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { chromiumPath } from "../keycloak/chromium.ts";
import { killLeftovers, startProduct, untilPrinted } from "../started-product.ts";

if (chromiumPath === undefined) console.warn("skipped: the portal's pages: there is no Chromium");

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

describe.skipIf(chromiumPath === undefined)("in Chromium", () => {
  let state: string;
  let browser: Browser;
  let context: BrowserContext;
  let portal: string;
  let axeSource: string;
  const faults: string[] = [];

  beforeAll(async () => {
    axeSource = await readFile(axe, "utf8");
    state = await mkdtemp(join(tmpdir(), "browser-"));
    const started = startProduct(state);
    await untilPrinted(started, "Ctrl-C stops everything");
    portal = /Portal, for researchers:\s+(\S+)/.exec(started.output())?.[1] ?? "";
    browser = await chromium.launch({ executablePath: chromiumPath ?? "", args: ["--no-sandbox"] });
  });
  afterAll(async () => {
    await browser.close();
    await killLeftovers();
    await rm(state, { recursive: true, force: true });
  });
  afterEach(async () => {
    await context.close();
    expect(faults.splice(0)).toEqual([]);
  });

  /** Opens a page of somebody who is new to this browser, and signs them in. */
  async function signedIn(path: string, username: string): Promise<Page> {
    context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    const page = await context.newPage();
    page.on("pageerror", ({ message }) => faults.push(message));
    page.on("console", (message) => {
      if (message.text().includes("Content Security Policy")) faults.push(message.text());
    });
    await page.goto(portal + path);
    await page.getByLabel("Username").fill(username);
    await page.locator("input[name=password]").fill(username);
    await page.keyboard.press("Enter");
    return page;
  }

  async function violations(page: Page): Promise<string[]> {
    await page.evaluate(axeSource);
    return page.evaluate(async (only) => {
      const { axe: engine } = globalThis as unknown as {
        axe: {
          run: (page: object, options: object) => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>;
        };
      };
      const found = await engine.run((globalThis as unknown as { document: object }).document, { runOnly: only });
      return found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ""}`);
    }, tags);
  }

  const width = (page: Page) => page.evaluate<number>("document.documentElement.scrollWidth");

  it("a researcher switches, watches the steps, keeps the desktop longer, and stops it", async () => {
    const page = await signedIn("", "alice");
    await page.getByRole("heading", { level: 1, name: "Asthma cohort is ready" }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByText("This workspace closed after 30 April 2024.").waitFor();

    await page.getByRole("button", { name: "Switch to this workspace" }).click();
    await page.getByText("What is open in it is closed").waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole("button", { name: "Switch to Cancer registry" }).click();
    await page.getByRole("heading", { level: 1, name: "Starting Cancer registry" }).waitFor();
    await page.getByRole("listitem").filter({ hasText: "Check your access" }).getByText("Done").waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole("heading", { level: 1, name: "Cancer registry is ready" }).waitFor();
    await page.getByText("Before you open it").waitFor();

    await page
      .getByRole("button", { name: /^Keep it until/ })
      .first()
      .click();
    await page.getByText(/It is kept until .* \(alice\)/).waitFor();
    await page.setViewportSize({ width: 320, height: 800 });
    expect(await width(page)).toBeLessThanOrEqual(320);

    await page.getByRole("button", { name: "Stop the desktop" }).click();
    await page.getByRole("heading", { level: 1, name: "Your workspaces" }).waitFor();
    expect(await violations(page)).toEqual([]);
  });

  it("a start opens the desktop in the same tab, and no token is anywhere but in memory", async () => {
    const page = await signedIn("", "bob");
    await page.route("**/guacamole/**", (route) =>
      route.fulfill({ contentType: "text/html", body: "<h1>Guacamole</h1>" }),
    );
    await page.getByRole("heading", { level: 1, name: "Your workspaces" }).waitFor();
    expect(page.url()).toBe(portal);
    const kept = await page.evaluate<string>(
      "JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])",
    );
    expect(kept).toBe('[{},{"portal.was":"signed-in"},""]');
    await page.getByRole("button", { name: "Start Cancer registry" }).press("Enter");
    await page.getByRole("heading", { name: "Guacamole" }).waitFor();
    expect(page.url()).toContain("/guacamole/#/client/");
  });

  it("who loses the network is told, and goes on when it is back", async () => {
    const page = await signedIn("", "alice");
    // The sign-in's pages have a heading, too, and a sign-in that is not complete cannot go on without a network.
    await page.getByText("Signed in as").waitFor();
    await context.setOffline(true);
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
    await page.getByText("This page keeps trying").waitFor();
    await context.setOffline(false);
    await page.getByText("This page keeps trying").waitFor({ state: "detached" });
  });

  it("a sign-out ends Keycloak's session, and nothing is left behind it", async () => {
    const page = await signedIn("", "alice");
    await page.getByText("Signed in as").waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { level: 1, name: "You are signed out" }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.goBack();
    await page.getByRole("heading", { level: 1 }).waitFor();
    expect(await page.content()).not.toContain("Signed in as");
    await page.goto(portal);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByLabel("Username").waitFor();
  });

  it("an operator finds a desktop by the address, sees what an action would do, and does it", async () => {
    const page = await signedIn("console?username=bob", "olga");
    await page.getByRole("link", { name: "bob" }).first().waitFor();
    expect(page.url()).toBe(`${portal}console?username=bob`);
    expect(await violations(page)).toEqual([]);
    await page.getByRole("link", { name: "bob" }).first().click();
    await page.getByRole("heading", { level: 1, name: "bob in cancer-registry" }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByText("Suspend", { exact: true }).click();
    const form = page.locator("details[open]");
    await form.getByLabel("Reason (the person may read it)").fill("the registry is being moved");
    await form.getByRole("button", { name: "Show what would happen" }).click();
    await form.getByText("access is withdrawn").waitFor();
    await form.getByRole("button", { name: "Suspend now" }).click();
    await page
      .getByText(/^Done: /)
      .first()
      .waitFor();

    for (const name of ["End sessions", "Queue and capacity", "Drift", "Maintenance", "Desktops"]) {
      await page.getByRole("link", { name, exact: true }).click();
      await page.getByRole("heading", { level: 1, name }).waitFor();
      expect([name, await violations(page)]).toEqual([name, []]);
      await page.setViewportSize({ width: 320, height: 800 });
      expect([name, await width(page)]).toEqual([name, 320]);
      await page.setViewportSize({ width: 1280, height: 900 });
    }
    await page.goBack();
    await page.getByRole("heading", { level: 1, name: "Maintenance" }).waitFor();
  });

  it("who is no administrator reads so at the console", async () => {
    const page = await signedIn("console", "alice");
    await page.getByRole("heading", { level: 1, name: "This page is for operators" }).waitFor();
    expect(await violations(page)).toEqual([]);
  });
});
