import { join } from "node:path";
import axe from "axe-core";
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from "playwright-core";
import { expect } from "vitest";
import type { Clock } from "@stand-in/functions-host";
import { browserClients, portalClientId } from "../../local/browser-clients.ts";
import { type More, startTestEstate, type TestEstate } from "../estate.ts";
import { chromiumPath } from "../keycloak/chromium.ts";

/** Why the tests in a browser do not run here; false if they do. */
export const noBrowser = chromiumPath === undefined && "there is no Chromium: install it, or set CHROMIUM to its path";

/** Nothing answers there: each test's browsers get a page of their own instead. */
export const guacamoleUrl = "http://127.0.0.1:8080/guacamole";
export const support = "the desktop team (desktops@example.org)";

/** Where pictures of all pages and states go, if they are wanted: `npm run screenshots`. */
const screenshots = process.env["SCREENSHOTS"];

/** A person's browser: cookies and storage of their own. */
export interface Person {
  context: BrowserContext;
  page: Page;
  /** Errors of scripts, policies that were violated, dialogs, and requests to origins that are not ours. */
  faults: string[];
}

export interface Portal {
  estate: TestEstate;
  url: string;
  /** Opens a page of the portal in a new browser, as nobody yet; `watch` gets the page before anything is loaded. */
  visit(path?: string, watch?: (page: Page) => void): Promise<Person>;
  /** The same, and signs in. */
  signIn(username: string, path?: string): Promise<Person>;
  /** Closes all browsers, whose people are signed in as before: the next ones know nothing of it. */
  leaveAll(): Promise<void>;
  close(): Promise<void>;
}

/** The product on the stand-ins with the portal's client in its realm, and a browser. */
export async function startPortal(
  settings: Readonly<Record<string, string>> = {},
  more: More = {},
  clock?: Clock,
): Promise<Portal> {
  const clients = `workspace-action,guacamole-workspaces-cli,${portalClientId}`;
  const own = { OIDC_CLIENTS: clients, PORTAL_SUPPORT: support, ...settings };
  const estate = await startTestEstate(undefined, own, clock, false, more);
  const { url } = estate.host;
  const { identity } = estate;
  identity.setBrowserClients(browserClients(url, guacamoleUrl, `${url}/api/keycloak/backchannel-logout`));
  const browser: Browser = await chromium.launch({ executablePath: chromiumPath ?? "", args: ["--no-sandbox"] });

  async function visit(path = "/", watch?: (page: Page) => void): Promise<Person> {
    const context = await browser.newContext({ reducedMotion: "reduce" });
    const faults: string[] = [];
    const ours = [new URL(url).origin, new URL(identity.issuer).origin, new URL(guacamoleUrl).origin];
    await context.route(`${guacamoleUrl}/**`, (route) =>
      route.fulfill({ contentType: "text/html", body: "<title>Guacamole</title><h1>Guacamole</h1>" }),
    );
    context.on("weberror", (error) => faults.push(error.error().message));
    context.on("dialog", (dialog) => {
      faults.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    context.on("console", (message) => {
      if (message.text().includes("Content Security Policy")) faults.push(message.text());
    });
    context.on("request", (request) => {
      if (!ours.includes(new URL(request.url()).origin)) faults.push(`request: ${request.url()}`);
    });
    const page = await context.newPage();
    watch?.(page);
    await page.goto(url + path);
    return { context, page, faults };
  }

  return {
    ...{ estate, url, visit },
    async signIn(username, path) {
      const person = await visit(path);
      await submitLogin(person.page, username);
      return person;
    },
    async leaveAll() {
      await Promise.all(
        browser.contexts().map(async (context) => {
          // A page that asks at this moment would fail in the middle of an answer that a test changes.
          await context.unrouteAll({ behavior: "ignoreErrors" });
          await context.close();
        }),
      );
    },
    async close() {
      await browser.close();
      await estate.close();
    },
  };
}

/** On the sign-in page: the sample people's passwords are their names. */
export async function submitLogin(page: Page, username: string): Promise<void> {
  await page.getByLabel(/username/i).fill(username);
  await page.getByLabel(/password/i).fill(username);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Sign out" }).waitFor();
}

/** Presses Tab until something has the focus, and expects that nothing hides it (2.4.11). */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  const hasFocus = () => target.and(page.locator(":focus")).count();
  for (let presses = 0; (await hasFocus()) === 0; presses += 1) {
    if (presses > 60) throw new Error("press Tab: the focus does not come to what was looked for");
    await page.keyboard.press("Tab");
  }
  // As text: the tests are compiled without the browser's types.
  const isOnTop = `(() => {
    const { x, y, width, height } = document.activeElement.getBoundingClientRect();
    return document.activeElement.contains(document.elementFromPoint(x + width / 2, y + height / 2));
  })()`;
  expect(await page.evaluate(isOnTop)).toBe(true);
}

/** The rules of WCAG 2.2 AA that a program can check. The page's policies do not hold for what a debugger evaluates. */
const rules = { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"] };

/** Expects a page in which axe-core finds nothing, and that needs no scrolling to the side in any window (1.4.10). */
export async function expectAccessible(page: Page, name: string): Promise<void> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<axe.AxeResults>(`axe.run(document, ${JSON.stringify(rules)})`);
  const found = violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  expect([name, found]).toEqual([name, []]);
  const before = page.viewportSize() ?? { width: 1280, height: 720 };
  for (const width of [1280, 768, 320]) {
    await page.setViewportSize({ width, height: 720 });
    expect([name, width, await page.evaluate("document.documentElement.scrollWidth")]).toEqual([name, width, width]);
    if (screenshots !== undefined)
      await page.screenshot({ path: join(screenshots, `${name.replaceAll(" ", "-")}-${width}.png`), fullPage: true });
  }
  await page.setViewportSize(before);
}
