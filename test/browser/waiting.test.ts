import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { deploymentName } from "../../shared/desktop/names.ts";
import { expectAccessible, guacamoleUrl, noBrowser } from "./harness.ts";
import { useHeldStarts, stepOf, untilItWaits } from "./held-starts.ts";

/** People who wait for a desktop: its pods become ready when a test lets them. */
describe.skipIf(noBrowser)(`waiting in a browser${noBrowser ? ` (skipped: ${noBrowser})` : ""}`, () => {
  const portal = useHeldStarts();

  async function opened(page: Page): Promise<void> {
    await page.getByRole("heading", { name: "Guacamole" }).waitFor();
    expect(page.url().startsWith(guacamoleUrl)).toBe(true);
  }

  it("shows what is done, what is under way and what comes, also after a reload, and then opens the desktop", async () => {
    const { page, faults } = await portal.start("bob", "Start Cancer registry");
    const expectSteps = async () => {
      expect(await stepOf(page, "Check your access").innerText()).toContain("Done");
      expect(await stepOf(page, "Let you in").innerText()).toContain("To do");
      // After a reload the names of the workspaces may come a moment later than the start.
      await expect.poll(() => page.title()).toContain("Starting Cancer registry");
    };
    await expectSteps();
    await expectAccessible(page, "starting");
    await page.reload();
    await untilItWaits(page);
    await expectSteps();
    portal.becomeReady();
    await opened(page);
    await page.goBack();
    await page.getByRole("heading", { level: 1, name: "Cancer registry is ready" }).waitFor();
    expect(faults).toEqual([]);
  });

  it("says that the network is away, keeps what it shows, and goes on when it is back", async () => {
    const { context, page } = await portal.start("bob", "Start Cancer registry");
    await context.setOffline(true);
    await page.getByText(/^What you see may be old/).waitFor();
    await expectAccessible(page, "network lost");
    expect(await stepOf(page, "Wait until it is ready").innerText()).toContain("In progress");
    await context.setOffline(false);
    await page.getByText(/^What you see may be old/).waitFor({ state: "detached" });
    portal.becomeReady();
    await opened(page);
  });

  it("goes on with a new token when the one that it began with has expired", async () => {
    const tokens: string[] = [];
    const { page } = await portal.signIn("bob");
    page.on("request", (request) => {
      const token = request.headers()["authorization"]?.replace("Bearer ", "");
      if (token !== undefined && !tokens.includes(token)) tokens.push(token);
    });
    await page.getByRole("button", { name: "Start Cancer registry" }).click();
    await untilItWaits(page);
    const begunWith = new Set(tokens);
    const expiry = Math.max(...[...begunWith].map(expiryOf));
    await expect.poll(() => Date.now()).toBeGreaterThan(expiry);
    portal.becomeReady();
    await opened(page);
    expect(tokens.filter((token) => !begunWith.has(token)).length).toBeGreaterThan(0);
  });

  it("opens the desktop in a tab that was away when it became ready, once", async () => {
    const { page, faults } = await portal.start("bob", "Start Cancer registry");
    await page.goto(`${portal.url}/accessibility`);
    portal.becomeReady();
    await portal.estate.host.whenIdle();
    await page.goto(portal.url);
    await page.waitForURL(`${guacamoleUrl}/#/client/*`);
    await page.goBack();
    await page.getByRole("heading", { level: 1, name: "Cancer registry is ready" }).waitFor();
    expect(await page.evaluate("sessionStorage.getItem('portal.opens')")).toBeNull();
    expect(faults).toEqual([]);
  });

  it("opens the desktop in the tab in which its person started it, and offers it in the others", async () => {
    const { context, page, faults } = await portal.start("bob", "Start Cancer registry");
    const other = await context.newPage();
    await other.goto(portal.url);
    await untilItWaits(other);
    await other.getByText("Your desktop opens by itself only where you started it.").waitFor();
    await page.reload();
    await untilItWaits(page);
    portal.becomeReady();
    await opened(page);
    await other.getByRole("heading", { level: 1, name: "Cancer registry is ready" }).waitFor();
    expect(await other.getByRole("link", { name: "Open the desktop" }).getAttribute("href")).toBe(page.url());
    await expectAccessible(other, "ready in another tab");
    expect(faults).toEqual([]);
  });

  it("opens the desktop in the browser in which its person started it, and offers it in another", async () => {
    const { page } = await portal.start("bob", "Start Cancer registry");
    const elsewhere = await portal.signIn("bob");
    await untilItWaits(elsewhere.page);
    await elsewhere.page.getByText("Your desktop opens by itself only where you started it.").waitFor();
    portal.becomeReady();
    await opened(page);
    await elsewhere.page.getByRole("heading", { level: 1, name: "Cancer registry is ready" }).waitFor();
    await elsewhere.page.getByRole("link", { name: "Open the desktop" }).click();
    await opened(elsewhere.page);
  });

  it("opens to each of two people who wait at once their own desktop", async () => {
    const [alice, bob] = [
      await portal.start("alice", "Start Asthma cohort"),
      await portal.start("bob", "Start Cancer registry"),
    ];
    portal.becomeReady();
    await Promise.all([opened(alice.page), opened(bob.page)]);
    for (const [username, { page }] of Object.entries({ alice, bob })) {
      const body = await portal.call<{ url: string }>(username, "GET", `/users/${username}/desktop`);
      expect(page.url()).toBe(body.url);
    }
    expect(alice.page.url()).not.toBe(bob.page.url());
  });

  it("says at once that an operator ended the start that it follows, and why", async () => {
    const { page } = await portal.start("bob", "Start Cancer registry");
    const answers: number[] = [];
    page.on("response", (response) => {
      if (response.url().includes("/operations/")) answers.push(response.status());
    });
    const id = deploymentName({ workspace: "cancer-registry", username: "bob" });
    await portal.call("olga", "POST", `/desktops/${id}/suspend`, { reason: "the registry moves" });
    const happened = page.getByRole("region", { name: "Cancer registry was stopped" });
    await happened.getByText("An administrator stopped it: the registry moves.").waitFor();
    // The call that waited has ended with the start: no other one was needed, nor its 20 seconds.
    expect(answers.filter((status) => status === 200)).toHaveLength(1);
  });

  it("takes back a start that its person cancels", async () => {
    const { page } = await portal.start("bob", "Start Cancer registry");
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("heading", { level: 1, name: "Your workspaces" }).waitFor();
    const body = await portal.call<object>("bob", "GET", "/users/bob/desktop");
    expect(body).toMatchObject({ wanted: null });
  });
});

/** When a token expires, in milliseconds since 1970. */
function expiryOf(token: string): number {
  const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as { exp: number };
  return claims.exp * 1_000;
}
