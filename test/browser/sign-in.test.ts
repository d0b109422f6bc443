import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { expectAccessible, noBrowser } from "./harness.ts";
import { useHeldStarts, untilItWaits } from "./held-starts.ts";

/** What can go wrong with a sign-in, before and while a person waits. */
describe.skipIf(noBrowser)(`faults of the sign-in in a browser${noBrowser ? ` (skipped: ${noBrowser})` : ""}`, () => {
  const portal = useHeldStarts();

  const startOfBob = () => portal.start("bob", "Start Cancer registry");
  /** Keycloak's words for a token that is not good any more (26.7.3, as the stand-in has them). */
  const refuse = (page: Page, times: number) =>
    page.route(
      "**/protocol/openid-connect/token",
      (route) =>
        (route.request().postData() ?? "").includes("grant_type=refresh_token")
          ? route.fulfill({
              status: 400,
              headers: { "access-control-allow-origin": portal.url },
              json: { error: "invalid_grant", error_description: "Stale token" },
            })
          : route.continue(),
      { times },
    );
  /** How often the page went to Keycloak without asking its person. */
  function silentlyAsked(page: Page): () => number {
    let count = 0;
    page.on("request", (request) => {
      if (new URL(request.url()).searchParams.get("prompt") === "none") count += 1;
    });
    return () => count;
  }

  /** Lets the page ask now, again and again, instead of when its wait of 20 seconds is over, until it shows something else. */
  async function askUntil(page: Page, isThere: () => Promise<boolean>): Promise<void> {
    const look = async () => {
      // In the middle of a navigation there is no page to tell.
      await page.evaluate("dispatchEvent(new Event('online'))").catch(() => undefined);
      return isThere();
    };
    await expect.poll(look, { timeout: 20_000, interval: 500 }).toBe(true);
  }
  const isSignedOut = (page: Page) => () =>
    page.getByRole("heading", { level: 1, name: "You are signed out" }).isVisible();

  it("says that the computer's clock is wrong, by how much, and what to do", async () => {
    const { page, faults } = await portal.visit("/", (fresh) => {
      void fresh.clock.install({ time: Date.now() + 20 * 60_000 });
    });
    await page.getByLabel(/username/i).fill("bob");
    await page.getByLabel(/password/i).fill("bob");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "You could not be signed in" }).waitFor();
    await page.getByText(/^This computer's clock is (19|20) minutes fast/).waitFor();
    await expectAccessible(page, "clock is fast");
    expect(faults).toEqual([]);
  });

  it("goes on when its tokens are refused and Keycloak's session lives, without a question", async () => {
    const { page } = await startOfBob();
    const asked = silentlyAsked(page);
    // Once: what it gets next is renewed again, as usual.
    await refuse(page, 1);
    await askUntil(page, () => Promise.resolve(asked() === 1));
    await untilItWaits(page);
    portal.becomeReady();
    await page.getByRole("heading", { name: "Guacamole" }).waitFor();
    expect(asked()).toBe(1);
  });

  it("goes on so each time that tokens which served their time are refused", async () => {
    const { page } = await startOfBob();
    const asked = silentlyAsked(page);
    await refuse(page, 100);
    await askUntil(page, () => Promise.resolve(asked() >= 3));
    await untilItWaits(page);
    portal.becomeReady();
    await page.getByRole("heading", { name: "Guacamole" }).waitFor();
  });

  it("asks so only once: tokens that are refused again at once are the end of the session", async () => {
    const { page } = await startOfBob();
    const asked = silentlyAsked(page);
    await refuse(page, 100);
    // The API takes no token either, so that those of the second sign-in do not serve their time.
    await page.route("**/api/**", (route) => route.fulfill({ status: 401 }));
    await askUntil(page, isSignedOut(page));
    expect(asked()).toBe(1);
    expect(page.url()).toBe(`${portal.url}/`);
  });

  it("shows that the session was ended elsewhere while its person waits, and nothing else", async () => {
    const { context, page } = await startOfBob();
    const other = await context.newPage();
    await other.goto(portal.url);
    await other.getByRole("button", { name: "Sign out" }).click();
    await askUntil(page, isSignedOut(page));
    expect(page.url()).toBe(`${portal.url}/`);
    expect(await page.locator("body").innerText()).not.toMatch(/bob|Cancer registry/);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByLabel(/username/i).waitFor();
  });
});
