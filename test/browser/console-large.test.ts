import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import * as examples from "../../functions/http/examples.ts";
import { consoleTexts as texts } from "../../portal/console/texts.ts";
import { askFor, bind, endOf, unbind } from "../bound-people.ts";
import { expectAccessible, noBrowser, usePortal } from "./harness.ts";

const pageSize = 50;

/** An estate of 300 desktops; the list is refreshed as time passes, which the test says. */
describe.skipIf(noBrowser)(`a large estate in a browser${noBrowser ? ` (skipped: ${noBrowser})` : ""}`, () => {
  const portal = usePortal();

  /** The desktops by number, as the API lists them. */
  async function open(order: number[]) {
    const { context, page, faults } = await portal.visit("/console");
    await page.clock.install();
    let answers = 0;
    await context.route(`${portal.url}/api/desktops?**`, (route) => {
      const after = Number(new URL(route.request().url()).searchParams.get("after") ?? 0);
      answers += 1;
      // What changes with each answer, too: nothing is drawn for the same again.
      const lastSeen = new Date(Date.UTC(2026, 10, 24, 9) + answers * 60_000).toISOString();
      const desktops = order.slice(after, after + pageSize).map((number) => ({
        ...examples.desktops.desktops[0],
        ...{ id: String(number).padStart(32, "0"), username: `person-${number}`, lastSeen },
      }));
      const next = after + pageSize < order.length ? { next: String(after + pageSize) } : {};
      return route.fulfill({ json: { ...examples.desktops, total: order.length, next: undefined, ...next, desktops } });
    });
    await page.getByLabel(/username/i).fill("olga");
    await page.getByLabel(/password/i).fill("olga");
    await page.keyboard.press("Enter");
    await page.getByText("300 desktops").waitFor();
    const refresh = async (times: number) => {
      const enough = answers + times;
      await expect
        .poll(async () => {
          await page.clock.fastForward(11_000);
          return answers;
        })
        .toBeGreaterThanOrEqual(enough);
    };
    return { page, faults, refresh };
  }
  const select = (page: Page, number: number) => page.getByLabel(`Select person-${number} in asthma-cohort`);
  const scrolled = (page: Page) => page.evaluate<number>("scrollY");
  const numbers = () => Array.from({ length: 300 }, (_, index) => index + 1);

  it("keeps scroll, focus and selection while it is refreshed, also of a row that moves", async () => {
    const order = numbers();
    const { page, faults, refresh } = await open(order);
    await page.getByLabel(texts.desktops.selectAll).check();
    await page.getByText("Selected: 50 desktops of 50 people.").waitFor();
    await select(page, 40).uncheck();
    await select(page, 40).focus();
    const before = await scrolled(page);
    expect(before).toBeGreaterThan(500);
    await refresh(3);
    expect(await select(page, 40).and(page.locator(":focus")).count()).toBe(1);
    expect(await scrolled(page)).toBe(before);
    await page.getByText("Selected: 49 desktops of 49 people.").waitFor();
    // It fails, and is listed first.
    order.splice(0, order.length, 40, ...numbers().filter((number) => number !== 40));
    await refresh(2);
    expect(await page.getByRole("table").getByRole("row").nth(1).innerText()).toContain("person-40");
    await expect.poll(() => select(page, 40).and(page.locator(":focus")).count()).toBe(1);
    // And others move past it.
    order.splice(
      0,
      order.length,
      ...numbers().slice(0, 10).reverse(),
      40,
      ...numbers().filter((each) => each > 10 && each !== 40),
    );
    await refresh(2);
    await expect.poll(() => select(page, 40).and(page.locator(":focus")).count()).toBe(1);
    await page.getByText("Selected: 49 desktops of 49 people.").waitFor();
    expect(await select(page, 40).isChecked()).toBe(false);
    expect(faults).toEqual([]);
  });

  it("is paged, and what is selected is what can be seen", async () => {
    const { page } = await open(numbers());
    await page.getByLabel(texts.desktops.selectAll).check();
    for (let number = 2; number <= 6; number += 1) await page.getByRole("link", { name: texts.desktops.next }).click();
    await select(page, 300).waitFor();
    expect(await page.getByRole("link", { name: texts.desktops.next }).count()).toBe(0);
    await page.getByText(/^No desktop is selected\./).waitFor();
    await expectAccessible(page, "the last of 300");
    await page.goBack();
    await select(page, 250).waitFor();
  });
});

/** More than may always be removed at once. */
const readers = ["rea", "reb", "rec", "red", "ree", "ref"];

/** On the product itself. */
describe.skipIf(noBrowser)(`what removes desktops in a browser${noBrowser ? ` (skipped: ${noBrowser})` : ""}`, () => {
  const portal = usePortal();
  const listed = async () =>
    (await portal.call<{ desktops: { username: string }[] }>("olga", "GET", "/desktops")).desktops.map(
      ({ username }) => username,
    );

  it("needs the number of desktops, if drift would remove more than the safety share", async () => {
    await portal.estate.ask("alice", "asthma-cohort");
    for (const username of readers) {
      await bind(portal.estate, username, "cancer-registry");
      await endOf(portal.estate, await askFor(portal.estate, username, "cancer-registry"));
    }
    for (const username of readers) await unbind(portal.estate, username, "cancer-registry");
    const { page, faults } = await portal.signIn("olga", "/console?view=drift");
    const sent: string[] = [];
    page.on("request", (request) => {
      if (request.url().includes("/maintenance/reconcile")) sent.push(new URL(request.url()).search);
    });
    await page.getByRole("button", { name: texts.drift.look }).click();
    await page.getByText("Putting it right removes 6 desktops permanently.").waitFor();
    // The share forbids it: without the number it is refused.
    const body = await portal.call<object>("olga", "POST", "/maintenance/reconcile?wait=10");
    expect(body).toMatchObject({ goes: 6, refused: expect.stringContaining("20 %") as string });
    const looks = sent.length;
    for (const typed of ["", "5", "six"]) {
      await page.getByLabel(texts.drift.confirm(6)).fill(typed);
      await page.getByRole("button", { name: texts.drift.putRight }).click();
      await page.getByText(texts.drift.wrongNumber).waitFor();
    }
    expect(sent.length).toBe(looks);
    await portal.estate.host.whenIdle();
    expect(await listed()).toEqual(expect.arrayContaining(["alice", ...readers]));
    await page.getByLabel(texts.drift.confirm(6)).fill("6");
    await page.getByRole("button", { name: texts.drift.putRight }).click();
    await page.getByText(/^Put right: 6\. That removed 6 desktops permanently\.$/).waitFor();
    expect(sent.at(-1)).toBe("?wait=10&confirm=6");
    await portal.estate.host.whenIdle();
    expect(await listed()).toEqual(["alice"]);
    expect(faults).toEqual([]);
  });

  it("retires many at once, after it has said which and how many people that are", async () => {
    await portal.estate.ask("alice", "cancer-registry");
    const { page, faults } = await portal.signIn("olga", "/console");
    await page.getByLabel("Select alice in cancer-registry").waitFor();
    const all = await listed();
    await page.getByLabel(texts.desktops.selectAll).check();
    const bulk = page.getByRole("region", { name: texts.bulk.title });
    await bulk.getByText(`Selected: ${all.length} desktops of 1 person.`).waitFor();
    const form = bulk.locator("details").filter({ hasText: texts.desktop.retire });
    await form.locator("summary").click();
    await form.getByLabel(texts.action.reason).fill("the study is over");
    await form.getByRole("button", { name: texts.action.preview }).click();
    await form.getByText(`${all.length} desktops of 1 person`).first().waitFor();
    await expectAccessible(page, "bulk retirement");
    expect(await listed()).toEqual(all);
    await form.getByRole("button", { name: texts.action.confirm(texts.desktop.retire) }).click();
    await portal.estate.host.whenIdle();
    await page
      .getByRole("region", { name: texts.asked.title })
      .getByText(`${all.length} of ${all.length} done`)
      .waitFor();
    expect(await listed()).toEqual([]);
    await page.getByText(texts.desktops.none).waitFor();
    expect(faults).toEqual([]);
  });
});
