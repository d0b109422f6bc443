import type { Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { consoleTexts } from "../../portal/console/texts.ts";
import { texts } from "../../portal/texts.ts";
import { consoleStates } from "./gallery/console-states.ts";
import { galleryOf } from "./gallery/gallery.ts";
import { type Answer, problem, type State } from "./gallery/state.ts";
import { portalStates } from "./gallery/portal-states.ts";
import { noBrowser, usePortal } from "./harness.ts";

const states = [...portalStates, ...consoleStates];

/** What pages say in some of their states, and what they may not say there. */
describe.skipIf(noBrowser)(`what pages tell in a browser${noBrowser ? ` (skipped: ${noBrowser})` : ""}`, () => {
  const portal = usePortal({ keepsBrowsers: true });
  let gallery: ReturnType<typeof galleryOf>;
  beforeAll(() => {
    gallery = galleryOf(portal);
  });

  function find(name: string): State {
    const state = states.find((each) => each.name === name);
    if (!state) throw new Error(`find ${name}: the gallery has no such state`);
    return state;
  }
  const open = (name: string): Promise<Page> => gallery.open(find(name));
  const said = (page: Page) => page.getByRole("main").innerText();

  it("does not promise to open a start that is being undone, and offers no Cancel", async () => {
    const page = await open("starting-undone");
    const words = await said(page);
    expect(words).toContain(texts.starting.afterwards);
    expect(words).not.toContain(texts.starting.stays);
    expect(await page.getByRole("button", { name: texts.starting.cancel }).count()).toBe(0);
  });

  it("keeps the focus where the start is told when Cancel goes", async () => {
    const before = find("starting");
    const after = find("starting-undone");
    const [path] = Object.keys(before.answers).filter((each) => each.startsWith("GET operations/"));
    // The page finds the start, follows it, and looks again.
    const answers = [before, before, after].map((state) => state.answers[path ?? ""] as Answer);
    const page = await gallery.open({
      ...{ ...after, answers: { ...before.answers, [path ?? ""]: answers } },
      act: async (opened) => {
        await opened.getByRole("button", { name: texts.starting.cancel }).focus();
        await opened.evaluate("dispatchEvent(new Event('online'))");
      },
    });
    await page.locator(":focus").filter({ hasText: texts.starting.undoing }).waitFor();
  });

  it("shows a refusal to who pressed a button far below it, and leaves the focus there", async () => {
    const { context, page } = await portal.signIn("alice");
    await page.setViewportSize({ width: 320, height: 400 });
    await page.route("**/desktop", (route) =>
      route.request().method() === "PUT" ? route.abort("connectionrefused") : route.continue(),
    );
    const start = page.getByRole("button", { name: texts.workspaces.start }).last();
    await start.click();
    const title = page.getByRole("heading", { name: texts.refused.title });
    await title.waitFor();
    const isSeen = async () => {
      const { y = -1 } = (await title.boundingBox()) ?? {};
      return y >= 0 && y < 400;
    };
    await expect.poll(isSeen).toBe(true);
    expect(await start.and(page.locator(":focus")).count()).toBe(1);
    await context.close();
  });

  it("says that a desktop is gone, and offers nothing to do with it", async () => {
    const page = await open("console-desktop-gone");
    const words = await said(page);
    expect(words).not.toMatch(/may be old|none with this id/);
    expect(await page.getByRole("heading", { name: consoleTexts.desktop.actions }).count()).toBe(0);
    await page.getByRole("heading", { level: 1, name: "alice in asthma-cohort" }).waitFor();
  });

  it("says that there is no such desktop", async () => {
    expect(await said(await open("console-desktop-missing"))).not.toMatch(/may be old|none with this id|Loading/);
  });

  it("shows no table of images as long as there is none", async () => {
    const page = await open("console-queue-empty");
    expect(await page.getByText(consoleTexts.queue.half).count()).toBe(0);
  });

  it("does not say that it keeps looking at the estate, but offers it", async () => {
    const page = await open("console-health-away");
    const words = await said(page);
    expect(words).not.toMatch(/The estate could not be looked at.*keeps trying/);
    expect(words).not.toContain(consoleTexts.health.looking);
    await page.getByRole("button", { name: consoleTexts.health.again }).waitFor();
  });

  it("says in its own words that the sign-in service has no answer, and names the tab after it", async () => {
    const page = await open("sign-in-failed");
    await page.locator("summary").click();
    const words = await said(page);
    expect(words).toMatch(/no answer from http:\/\/127\.0\.0\.1:\d+ that the browser lets this page read/);
    expect(words).not.toMatch(/Failed to fetch/);
    expect(await page.title()).toBe(texts.failed.title);
  });

  it("is no console any more for who had the role taken away: the estate is not shown", async () => {
    const refused = problem(403, "not-allowed", "GET desktops: this needs the role desktop-admin");
    const desktops = find("console-desktops").answers["GET desktops"] as Answer;
    const page = await gallery.open({
      ...{ ...find("console-desktops"), answers: { "GET desktops": [desktops, refused] } },
      act: async (opened) => {
        await opened.getByRole("table").waitFor();
        await opened.getByLabel(consoleTexts.desktops.columns.state).selectOption("ready");
      },
      shows: consoleTexts.notYours.title,
    });
    expect(await page.getByRole("table").count()).toBe(0);
    expect(await page.getByRole("navigation", { name: consoleTexts.menu }).count()).toBe(0);
  });

  it("does not say that it looks for desktops when it could not", async () => {
    expect(await said(await open("console-api-away"))).not.toContain(consoleTexts.desktops.looking);
  });

  it("filters by a state in the words of the table, without a count that is not known", async () => {
    const counted = await open("console-desktops");
    await counted.getByLabel(consoleTexts.desktops.columns.state).selectOption(`${texts.states.ready} (1200)`);
    const page = await gallery.open({ ...find("console-loading"), path: "/console?state=ready" });
    const chosen = page.getByLabel(consoleTexts.desktops.columns.state).locator("option:checked");
    expect(await chosen.innerText()).toBe(texts.states.ready);
  });
});
