import { beforeAll, describe, expect, it } from "vitest";
import type { Page } from "playwright-core";
import { consoleTexts as texts } from "../../portal/console/texts.ts";
import { expectAccessible, noBrowser, usePortal, tabTo } from "./harness.ts";

const { columns, orders, sorted } = texts.desktops;

/** How operators sort the estate, in a real browser. */
describe.skipIf(noBrowser)(`the sorted estate in a browser${noBrowser ? ` (skipped: ${noBrowser})` : ""}`, () => {
  const portal = usePortal();
  beforeAll(async () => {
    await portal.estate.ask("alice", "cancer-registry");
    await portal.estate.ask("alice", "asthma-cohort");
    await portal.estate.ask("bob", "cancer-registry");
  });

  const open = async (path = "/console") => {
    const person = await portal.signIn("olga", path);
    await person.page.getByRole("table").waitFor();
    return person;
  };
  const people = (page: Page) => page.locator("tbody tr td:nth-child(3)").allInnerTexts();
  const button = (page: Page, name: string) => page.getByRole("columnheader", { name }).getByRole("button");
  /** The headings that say that the table is sorted by them. */
  const marked = (page: Page) =>
    page.evaluate<string[]>(
      `[...document.querySelectorAll("[aria-sort]")].map((each) => each.textContent + " " + each.ariaSort)`,
    );
  const says = (page: Page, order: keyof typeof orders) =>
    page.getByRole("status").filter({ hasText: sorted(orders[order]) });

  it("begins with the worst, and is sorted by a heading: once as it is, twice the other way round", async () => {
    const { context, page, faults } = await open();
    await says(page, "worst").waitFor();
    expect(await marked(page)).toEqual([]);
    await button(page, columns.username).click();
    await says(page, "username").waitFor();
    expect([await people(page), await marked(page)]).toEqual([["alice", "alice", "bob"], ["Person ascending"]]);
    await expectAccessible(page, "sorted by person");
    await button(page, columns.username).click();
    await says(page, "-username").waitFor();
    expect([await people(page), await marked(page)]).toEqual([["bob", "alice", "alice"], ["Person descending"]]);
    await button(page, columns.since).click();
    await says(page, "since").waitFor();
    expect(await marked(page)).toEqual(["Since ascending"]);
    expect(await page.getByRole("columnheader", { name: columns.rule }).getByRole("button").count()).toBe(0);
    expect(faults).toEqual([]);
    await context.close();
  });

  it("has its order in the address, beside the filters: it survives a reload, is shared, and goes back", async () => {
    const { context, page } = await open("/console?workspace=cancer-registry");
    await button(page, columns.username).click();
    await says(page, "username").waitFor();
    await button(page, columns.username).click();
    await says(page, "-username").waitFor();
    expect(Object.fromEntries(new URL(page.url()).searchParams)).toEqual({
      workspace: "cancer-registry",
      sort: "-username",
    });
    await page.getByLabel(texts.desktops.sort).selectOption(orders.worst);
    await says(page, "worst").waitFor();
    expect(new URL(page.url()).search).toBe("?workspace=cancer-registry");
    await page.goBack();
    await says(page, "-username").waitFor();
    expect(await page.getByLabel(texts.desktops.sort).inputValue()).toBe("-username");
    await page.goBack();
    await says(page, "username").waitFor();
    expect(await people(page)).toEqual(["alice", "bob"]);
    await page.goForward();
    await says(page, "-username").waitFor();
    await page.reload();
    await says(page, "-username").waitFor();
    expect(await people(page)).toEqual(["bob", "alice"]);
    await page.goBack();
    await says(page, "username").waitFor();
    await context.close();
  });

  it("is sorted by the keyboard alone, and keeps the focus, the selection and the scroll while it is", async () => {
    const { context, page } = await open();
    await page.getByLabel("Select bob in cancer-registry").check();
    await page.setViewportSize({ width: 320, height: 400 });
    const heading = button(page, columns.workspace);
    await tabTo(page, heading);
    const scroll = "[scrollY, document.querySelector('.console-scroll').scrollLeft]";
    const before = await page.evaluate(scroll);
    const released = Promise.withResolvers<undefined>();
    await context.route("**/api/desktops?sort=workspace*", async (route) => {
      await released.promise;
      await route.continue();
    });
    await page.keyboard.press("Enter");
    await expect.poll(() => page.url()).toContain("sort=workspace");
    // Until there is an answer, the list says how it is sorted, not how it will be.
    expect([await says(page, "worst").count(), await marked(page)]).toEqual([1, []]);
    released.resolve(undefined);
    await says(page, "workspace").waitFor();
    await page.keyboard.press("Space");
    await says(page, "-workspace").waitFor();
    expect(await marked(page)).toEqual(["Workspace descending"]);
    expect(await heading.and(page.locator(":focus")).count()).toBe(1);
    expect(await page.evaluate(scroll)).toEqual(before);
    expect(await page.getByLabel("Select bob in cancer-registry").isChecked()).toBe(true);
    await context.close();
  });

  it("keeps its order, the focus and the selection when it is looked at again", async () => {
    const { context, page } = await open("/console?sort=-username");
    await says(page, "-username").waitFor();
    await page.getByLabel("Select bob in cancer-registry").check();
    await button(page, columns.username).focus();
    let asked = 0;
    page.on("response", (response) => {
      if (response.url().includes("/api/desktops?")) asked += 1;
    });
    await expect.poll(() => asked, { timeout: 20_000 }).toBeGreaterThan(0);
    await says(page, "-username").waitFor();
    expect(await people(page)).toEqual(["bob", "alice", "alice"]);
    expect(await button(page, columns.username).and(page.locator(":focus")).count()).toBe(1);
    expect(await page.getByLabel("Select bob in cancer-registry").isChecked()).toBe(true);
    await context.close();
  });

  it("begins at the first page when it is sorted anew", async () => {
    const path = "/desktops?sort=username&limit=1";
    const body = await portal.call<{ next: string }>("olga", "GET", path);
    const { context, page } = await open(`/console?sort=username&after=${body.next}`);
    await says(page, "username").waitFor();
    expect(await people(page)).toEqual(["alice", "bob"]);
    await button(page, columns.username).click();
    await says(page, "-username").waitFor();
    expect([await people(page), page.url()]).toEqual([
      ["bob", "alice", "alice"],
      expect.not.stringContaining("after=") as string,
    ]);
    // The page of the other order, as in a link that somebody changed.
    await page.goto(`${portal.url}/console?sort=-username&after=${body.next}`);
    await page.getByText(texts.desktops.wrong.page).waitFor();
    await expectAccessible(page, "a page of another order");
    await page.getByRole("link", { name: texts.desktops.first }).click();
    await says(page, "-username").waitFor();
    await context.close();
  });

  it("says in words what of an address it has not, what it may be, and leads to the list without it", async () => {
    const { context, page, faults } = await portal.signIn(
      "olga",
      "/console?state=mood&workspace=asthma-cohort&sort=best",
    );
    const { wrong } = texts.desktops;
    await page.getByText(wrong.state("mood")).waitFor();
    await page.getByText(wrong.sort("best")).waitFor();
    expect(await page.getByRole("table").count()).toBe(0);
    await expectAccessible(page, "a wrong address");
    await page.getByRole("link", { name: wrong.clear.state }).click();
    await page.getByRole("link", { name: orders["-username"] }).click();
    await says(page, "-username").waitFor();
    expect(await people(page)).toEqual(["alice"]);
    expect(Object.fromEntries(new URL(page.url()).searchParams)).toEqual({
      workspace: "asthma-cohort",
      sort: "-username",
    });
    // What is typed can be mended where it was typed.
    const person = page.getByLabel(texts.desktops.person);
    await person.fill("bob smith");
    await page.keyboard.press("Enter");
    await page.getByText(wrong.username("bob smith")).waitFor();
    expect(await person.and(page.locator(":focus")).count()).toBe(1);
    await person.fill("alice");
    await page.keyboard.press("Enter");
    await says(page, "-username").waitFor();
    expect(faults).toEqual([]);
    await context.close();
  });
});
