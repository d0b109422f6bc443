import { KubernetesObjectApi, PatchStrategy } from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";
import { namespace } from "../estate.ts";
import { expectAccessible, guacamoleUrl, noBrowser, usePortal, submitLogin, support } from "./harness.ts";

/** What researchers do in the portal, in a real browser. */
describe.skipIf(noBrowser)(`the portal in a browser${noBrowser ? ` (skipped: ${noBrowser})` : ""}`, () => {
  const portal = usePortal({ tidy: ({ estate }) => estate.ask("bob", null) });

  it("takes a person from the sign-in to the open desktop in the same tab, and back to one that runs", async () => {
    const { context, page, faults } = await portal.signIn("alice");
    await page.getByRole("heading", { level: 1, name: "Your workspaces" }).waitFor();
    await expectAccessible(page, "workspaces");
    await page.getByRole("button", { name: "Start Asthma cohort" }).click();
    await page.getByRole("heading", { name: "Guacamole" }).waitFor();
    expect(page.url().startsWith(guacamoleUrl)).toBe(true);

    await page.goto(portal.url);
    await page.getByRole("heading", { level: 1, name: "Asthma cohort is ready" }).waitFor();
    await page.getByRole("button", { name: "Switch to this workspace Cancer registry" }).waitFor();
    await expectAccessible(page, "running");
    expect(faults).toEqual([]);
    await context.close();
  });

  it("asks one question before a switch, that names what ends, and Escape leaves everything as it is", async () => {
    const { context, page } = await portal.signIn("alice");
    const change = page.getByRole("button", { name: "Switch to this workspace Cancer registry" });
    await change.click();
    const question = page.getByRole("group", { name: "Switch to Cancer registry?" });
    await expect.poll(() => question.innerText()).toContain("Your desktop in Asthma cohort stops");
    await expectAccessible(page, "question");
    await page.keyboard.press("Escape");
    await change.and(page.locator(":focus")).waitFor();
    await change.click();
    await question.getByRole("button", { name: "Switch to Cancer registry" }).click();
    await page.getByRole("heading", { level: 1, name: "Cancer registry is ready" }).waitFor();
    // Guacamole knows this browser by its old name until its person logs out there, so the new link waits for them.
    await page.getByRole("heading", { name: "Before you open it" }).waitFor();
    expect(await page.getByRole("link", { name: "Log out of Guacamole" }).getAttribute("href")).toContain("/guacamole");
    expect(page.url()).toBe(`${portal.url}/`);
    await expectAccessible(page, "signed in to Guacamole as before");
    await context.close();
  });

  it("announces in time, in the tab's title too, that a desktop stops, and one action keeps it", async () => {
    await KubernetesObjectApi.makeApiClient(portal.estate.kubeconfig).patch(
      {
        ...{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "registry-desktops", namespace } },
        ...{ data: { startGraceMinutes: "10" } },
      },
      ...([undefined, undefined, undefined, undefined, PatchStrategy.MergePatch] as const),
    );
    await portal.estate.ask("bob", "cancer-registry");
    const { context, page } = await portal.signIn("bob");
    const announced = page.getByRole("status").filter({ hasText: "Save your work." });
    // Shortly before midnight, with the day.
    await announced
      .getByText(/^Your desktop in Cancer registry stops at (.+ at )?\d\d:\d\d. Save your work.$/)
      .waitFor();
    await page.getByText(/^(9|10) minutes are left.$/).waitFor();
    // What changes each minute would be read out each minute.
    expect(await announced.innerText()).not.toMatch(/minute/);
    expect(await page.title()).toMatch(/^\((9|10) min\) Your desktop stops$/);
    await expectAccessible(page, "stops soon");
    await page.getByRole("group", { name: "Keep it longer" }).getByRole("button").last().click();
    await page.getByText(/Save your work.$/).waitFor({ state: "detached" });
    expect(await page.title()).toBe("Cancer registry is ready");
    await context.close();
  });

  it("says why a workspace is not open, and whom to ask", async () => {
    const { context, page } = await portal.signIn("carol");
    await page.getByRole("heading", { name: "Not open to you" }).waitFor();
    await page.getByText("None of your workspaces is open to you now.").waitFor();
    const card = page.getByRole("listitem").filter({ hasText: "Asthma cohort" });
    expect(await card.innerText()).toContain(support);
    expect(await card.innerText()).toContain("Your access to this workspace ended after");
    expect(await card.getByRole("button").count()).toBe(0);
    await expectAccessible(page, "not open");
    await context.close();
  });

  it("says why an image could not be pulled, with the operation's id", async () => {
    portal.estate.cluster.setFault({ namespace }, "image-pull");
    const { context, page, faults } = await portal.signIn("bob");
    await page.getByRole("button", { name: "Start Cancer registry" }).click();
    const happened = page.getByRole("region", { name: "Cancer registry could not be started" });
    await happened.waitFor();
    portal.estate.cluster.setFault({ namespace }, null);
    await happened.getByText("The software of this desktop could not be loaded.").waitFor();
    expect(await happened.innerText()).not.toMatch(/ErrImagePull|ImagePullBackOff/);
    await happened.getByText("Details").click();
    await happened.getByText(/^(ErrImagePull|ImagePullBackOff): .* \(cannot-start\)\.$/).waitFor();
    const id = await happened.locator("code").innerText();
    expect(await portal.call("bob", "GET", `/operations/${id}`)).toMatchObject({ id });
    await page.evaluate("navigator.clipboard.writeText = () => Promise.reject(new Error('not allowed'))");
    await happened.getByRole("button", { name: "Copy the reference" }).click();
    await happened.getByRole("status").filter({ hasText: "The reference is marked" }).waitFor();
    expect(await page.evaluate("getSelection().toString()")).toBe(id);
    await expectAccessible(page, "failed");
    expect(faults).toEqual([]);
    await context.close();
  });

  it.each([
    ["/", 45_000],
    ["/console", 60_000],
  ])("asks for no more than %s needs: %i bytes, as they are sent", async (path, most) => {
    const sizes = new Map<string, Promise<{ responseBodySize: number }>>();
    const { context, page } = await portal.visit(path, (fresh) => {
      fresh.on("requestfinished", (request) => {
        const { origin, pathname } = new URL(request.url());
        // The page itself is asked for once more after the sign-in.
        if (origin === portal.url && !pathname.startsWith("/api/") && !sizes.has(pathname))
          sizes.set(pathname, request.sizes());
      });
    });
    await submitLogin(page, "olga");
    await page.getByRole("main").getByRole("heading", { level: 1 }).waitFor();
    const loaded = await Promise.all(
      [...sizes].map(async ([name, size]) => ({ name, bytes: (await size).responseBodySize })),
    );
    expect(loaded.map(({ name }) => name)).toEqual(expect.arrayContaining([path, expect.stringMatching(/\.js$/)]));
    const sum = loaded.reduce((total, { bytes }) => total + bytes, 0);
    expect(sum, JSON.stringify(loaded)).toBeLessThanOrEqual(most);
    expect(sum).toBeGreaterThan(10_000);
    await context.close();
  });

  it("keeps no token outside its memory, and signs in again by itself after a reload", async () => {
    const { context, page } = await portal.signIn("bob");
    await page.reload();
    await page.getByRole("button", { name: "Sign out" }).waitFor();
    expect(page.url()).toBe(`${portal.url}/`);
    const kept = "[{ ...sessionStorage }, { ...localStorage }, document.cookie, location.href]";
    expect(await page.evaluate(kept)).toEqual([{ "portal.was": "signed-in" }, {}, "", `${portal.url}/`]);
    // With the databases and the caches that a page may have.
    const { origins } = await context.storageState({ indexedDB: true });
    expect(JSON.stringify(origins)).not.toMatch(/eyJ/);
    expect(await page.evaluate("caches.keys()")).toEqual([]);
    await context.close();
  });

  it("shows the next person at a shared machine nothing after the sign-out, by back and forward neither", async () => {
    const { context, page } = await portal.visit();
    const uncached: (string | undefined)[] = [];
    page.on("response", (response) => {
      if (response.url().includes("/api/")) uncached.push(response.headers()["cache-control"]);
    });
    await submitLogin(page, "olga");
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.goto(`${portal.url}/accessibility`);
    await page.goto(portal.url);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "You are signed out" }).waitFor();
    expect(page.url()).toBe(`${portal.url}/`);
    await expectAccessible(page, "signed out");
    const goes = { back: () => page.goBack(), "and back": () => page.goBack(), forward: () => page.goForward() };
    for (const [how, go] of Object.entries(goes)) {
      await go();
      await page.getByRole("heading", { level: 1, name: /You are signed out|Accessibility/ }).waitFor();
      expect([how, await page.locator("body").innerText()]).toEqual([how, expect.not.stringContaining("olga")]);
    }
    expect(uncached.length).toBeGreaterThan(0);
    expect(new Set(uncached)).toEqual(new Set(["no-store"]));
    await page.goto(portal.url);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByLabel(/password/i).waitFor();
    await context.close();
  });
});
