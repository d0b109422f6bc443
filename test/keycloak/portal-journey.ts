import type { Browser } from "playwright-core";
import { expect } from "vitest";

interface Addresses {
  portal: string;
  /** The page that stands where Guacamole would be. */
  guacamole: string;
}

/**
 * Signs a person with one workspace in to the portal in a browser of their own, reloads, opens a second tab and the console, goes on to
 * Guacamole without a second login, and signs out of everything.
 */
export async function journeyThroughPortal(browser: Browser, { portal, guacamole }: Addresses): Promise<void> {
  const context = await browser.newContext();
  const faults: string[] = [];
  const forms: string[] = [];
  context.on("weberror", (error) => faults.push(error.error().message));
  context.on("request", (request) => {
    if (request.method() === "POST" && request.url().includes("/login-actions/")) forms.push(request.url());
  });
  const page = await context.newPage();
  const isSignedIn = (tab = page) => tab.waitForSelector(".nhsuk-header__account");

  await page.goto(portal);
  await page.fill("#username", "bob");
  await page.fill("#password", "bob");
  await page.click("#kc-login");
  await isSignedIn();
  expect(page.url()).toBe(portal);
  expect(await page.innerText(".nhsuk-header__account")).toContain("bob Sample");
  // No token anywhere but in memory.
  const kept = await page.evaluate("JSON.stringify([{ ...sessionStorage }, { ...localStorage }, document.cookie])");
  expect(kept).not.toMatch(/eyJ/);

  await page.reload();
  await isSignedIn();
  expect(page.url()).toBe(portal);
  const tab = await context.newPage();
  await tab.goto(`${portal}console`);
  await isSignedIn(tab);

  await tab.goto(`${guacamole}login`);
  await tab.waitForSelector("#answer:not([hidden])", { timeout: 90_000 });
  expect(await tab.innerText("#outcome")).toBe("Guacamole would know this person as cancer-registry@bob");
  expect(forms).toHaveLength(1);

  await page.click(".nhsuk-header__account-button");
  await page.waitForSelector(".nhsuk-header__account", { state: "detached" });
  await expect.poll(() => page.url()).toBe(portal);
  await tab.goto(portal);
  await tab.waitForSelector("main button");
  expect(await tab.$(".nhsuk-header__account")).toBeNull();
  expect(faults).toEqual([]);
  await context.close();
}
