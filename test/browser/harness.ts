import { type Browser, type BrowserContext, chromium, type Locator, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, type TestContext } from "vitest";
import type { Clock } from "@stand-in/functions-host";
import { browserClients, portalClientId } from "../../local/browser-clients.ts";
import type { ToldOperation } from "../../local/main-job.ts";
import { accepted, type More, startTestEstate, type TestEstate } from "../estate.ts";
import { chromiumPath } from "../keycloak/chromium.ts";
import { axeFinds, scrollsSideways } from "./checks.ts";
import { tellWhatIsShown } from "./shown.ts";

/** Why the tests in a browser do not run here; false if they do. */
export const noBrowser = chromiumPath === undefined && "there is no Chromium: install it, or set CHROMIUM to its path";

/** Nothing answers there: each test's browsers get a page of their own instead. */
export const guacamoleUrl = "http://127.0.0.1:8080/guacamole";
export const support = "the desktop team (desktops@example.org)";

/** How long a test waits for something in a browser: on a machine that others use too, everything takes several times as long. */
export const patienceMilliseconds = 60_000;

/** A person's browser: cookies and storage of their own. */
export interface Person {
  context: BrowserContext;
  page: Page;
  /** Errors of scripts, policies that were violated, dialogs, and requests to origins that are not ours. */
  faults: string[];
}

/** Opens pages of the product at one address, each person's in a browser of their own. */
export interface Visits {
  url: string;
  /** Opens a page of the portal in a new browser, as nobody yet; `watch` gets the page before anything is loaded. */
  visit(path?: string, watch?: (page: Page) => void): Promise<Person>;
  /** The same, and signs in. */
  signIn(username: string, path?: string): Promise<Person>;
  /** Tells what the pages show if the test has failed. */
  tellShown(test: Pick<TestContext, "task">): Promise<void>;
  /** Closes all browsers, whose people are signed in as before: the next ones know nothing of it. */
  leaveAll(): Promise<void>;
  close(): Promise<void>;
}

export interface Portal extends Visits {
  estate: TestEstate;
  /** Calls the API as a sample person, and returns the body. Throws if the API refuses. */
  call<Body = ToldOperation>(username: string, method: string, path: string, body?: unknown): Promise<Body>;
}

export interface PortalOptions {
  settings?: Readonly<Record<string, string>>;
  more?: More;
  clock?: Clock;
  /** The browsers stay open until the last test has ended. Else each test begins with none. */
  keepsBrowsers?: boolean;
  /** What else is done after each test, when its browsers are closed. */
  tidy?: (portal: Portal) => Promise<unknown>;
}

/**
 * The product on the stand-ins with the portal's client in its realm, and a browser, for the tests of the `describe` that calls
 * it. It is started before the first of them, so only they and their hooks can use it.
 */
export function usePortal({ keepsBrowsers = false, tidy, ...options }: PortalOptions = {}): Portal {
  let started: Portal | undefined;
  const portal = () => {
    if (!started) throw new Error("use the portal: it is started before the first test, and not earlier");
    return started;
  };
  beforeAll(async () => {
    started = await startPortal(options);
  });
  afterEach(async (test) => {
    await started?.tellShown(test);
    if (!keepsBrowsers) await portal().leaveAll();
    await tidy?.(portal());
  });
  // Not there if the start failed, which is told then.
  afterAll(() => started?.close());
  return {
    get url() {
      return portal().url;
    },
    get estate() {
      return portal().estate;
    },
    call: (...call) => portal().call(...call),
    visit: (...page) => portal().visit(...page),
    signIn: (...page) => portal().signIn(...page),
    tellShown: (test) => portal().tellShown(test),
    leaveAll: () => portal().leaveAll(),
    close: () => portal().close(),
  };
}

/** The same, in which alice and bob have a desktop each when the first test begins. */
export function usePortalInUse(): Portal {
  const portal = usePortal();
  beforeAll(async () => {
    await portal.estate.ask("alice", "asthma-cohort");
    await portal.estate.ask("bob", "cancer-registry");
  });
  return portal;
}

async function startPortal({ settings, more, clock }: PortalOptions): Promise<Portal> {
  const clients = `workspace-action,guacamole-workspaces-cli,${portalClientId}`;
  const own = { OIDC_CLIENTS: clients, PORTAL_SUPPORT: support, ...settings };
  const estate = await startTestEstate(undefined, own, clock, false, more);
  const { url } = estate.host;
  const { identity } = estate;
  identity.setBrowserClients(browserClients(url, guacamoleUrl, `${url}/api/keycloak/backchannel-logout`));
  const visits = await visitsTo(url, identity.issuer);
  return {
    ...{ estate, ...visits },
    call: async (username, method, path, body) => accepted(await estate.call(username, method, path, body)),
    async close() {
      await visits.close();
      await estate.close();
    },
  };
}

/**
 * A browser for the product that serves its pages there, and lets people sign in at the issuer.
 *
 * @param asPeopleHaveIt arguments of Playwright that make its browser another one than people have, and are left out
 */
export async function visitsTo(url: string, issuer: string, asPeopleHaveIt: string[] = []): Promise<Visits> {
  const browser: Browser = await chromium.launch({
    ...{ executablePath: chromiumPath ?? "", args: ["--no-sandbox"], ignoreDefaultArgs: asPeopleHaveIt },
  });
  const ours = [url, issuer, guacamoleUrl].map((each) => new URL(each).origin);

  async function visit(path = "/", watch?: (page: Page) => void): Promise<Person> {
    const context = await browser.newContext({ reducedMotion: "reduce" });
    context.setDefaultTimeout(patienceMilliseconds);
    const faults: string[] = [];
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
    ...{ url, visit },
    async signIn(username, path) {
      const person = await visit(path);
      await submitLogin(person.page, username);
      return person;
    },
    tellShown: (test) => tellWhatIsShown(test, browser.contexts()),
    async leaveAll() {
      await Promise.all(
        browser.contexts().map(async (context) => {
          // A page that asks at this moment would fail in the middle of an answer that a test changes.
          await context.unrouteAll({ behavior: "ignoreErrors" });
          await context.close();
        }),
      );
    },
    close: () => browser.close(),
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

/** Expects a page in which axe-core finds nothing, and that needs no scrolling to the side in any window. */
export async function expectAccessible(page: Page, name: string): Promise<void> {
  const found = [...(await axeFinds(page)), ...(await scrollsSideways(page))];
  expect([name, found]).toEqual([name, []]);
}
