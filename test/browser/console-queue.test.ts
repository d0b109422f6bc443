import { beforeAll, describe, expect, it } from "vitest";
import type { Page } from "playwright-core";
import { expectAccessible, noBrowser, usePortal } from "./harness.ts";

/** As text: the tests are compiled without the browser's types. Counts the points that are not empty. */
const drawn = `(() => {
  const canvas = document.querySelector(".console-chart canvas");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.filter((part, index) => index % 4 === 3 && part > 0).length;
})()`;

/** The colours that are drawn in full strength, as text. */
const colours = `(() => {
  const canvas = document.querySelector(".console-chart canvas");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const found = new Set();
  for (let at = 0; at < data.length; at += 4) if (data[at + 3] === 255) found.add(data.slice(at, at + 3).join());
  return [...found];
})()`;

/** The queue's figures as operators see them, in a real browser with the real policies. */
describe.skipIf(noBrowser)(`the queue's chart in a browser${noBrowser ? ` (skipped: ${noBrowser})` : ""}`, () => {
  const portal = usePortal();
  beforeAll(async () => {
    await portal.estate.ask("alice", "asthma-cohort");
  });

  /** Answers with figures that change. */
  async function figures(page: Page): Promise<void> {
    let asked = 0;
    await page.route("**/api/queue", (route) => {
      asked += 1;
      const at = new Date(Date.UTC(2026, 10, 28, 9) + asked * 60_000).toISOString();
      const capacity = {
        startsAtOnce: 10,
        starting: asked % 3,
        waiting: 12 - asked,
        maxDesktops: 40,
        running: 20 + asked,
      };
      return route.fulfill({ json: { at, capacity, starting: [], waiting: [], images: [] } });
    });
  }

  it("is loaded on its page alone, is drawn within the policies, and a table says the same", async () => {
    const { context, page, faults } = await portal.signIn("olga", "/console");
    const requested: string[] = [];
    page.on("request", (request) => requested.push(new URL(request.url()).pathname));
    const charts = () => requested.filter((path) => path.startsWith("/assets/plot-")).length;
    await page.getByRole("table").waitFor();
    expect(charts()).toBe(0);
    await page.clock.install();
    await figures(page);
    await page.getByRole("link", { name: "Queue and capacity" }).click();
    const table = page.getByRole("table", { name: /^Since this page was opened/ });
    await table.waitFor();
    await page.locator(".console-chart canvas").waitFor();
    expect(charts()).toBe(2);
    const empty = await page.evaluate<number>(drawn);
    for (let answers = 2; answers <= 6; answers += 1) {
      await page.clock.runFor(5_000);
      await table.getByRole("row", { name: `Running ${20 + answers} 21 ${20 + answers}` }).waitFor();
    }
    await table.getByRole("row", { name: "Waiting 6 6 11" }).waitFor();
    await table.getByRole("row", { name: "Starting 0 0 2" }).waitFor();
    await expect.poll(() => page.evaluate<number>(drawn)).toBeGreaterThan(empty);
    await expectAccessible(page, "queue chart");
    expect(faults).toEqual([]);
    await context.close();
  });

  it("has the colours that the person has forced", async () => {
    const { context, page, faults } = await portal.signIn("olga", "/console");
    await page.getByRole("table").waitFor();
    await figures(page);
    await page.getByRole("link", { name: "Queue and capacity" }).click();
    await page.locator(".console-chart canvas").waitFor();
    const red = "213,40,27";
    await expect.poll(() => page.evaluate<string[]>(colours)).toContain(red);
    await page.emulateMedia({ forcedColors: "active" });
    await expect.poll(() => page.evaluate<string[]>(colours)).not.toContain(red);
    expect(await page.evaluate<number>(drawn)).toBeGreaterThan(0);
    expect(await page.locator(".console-chart canvas").count()).toBe(1);
    await expectAccessible(page, "queue chart in forced colours");
    expect(faults).toEqual([]);
    await context.close();
  });

  it("is not missed where it cannot be loaded", async () => {
    const { context, page } = await portal.signIn("olga", "/console");
    await context.route("**/assets/plot-*", (route) => route.abort());
    await page.getByRole("link", { name: "Queue and capacity" }).click();
    await page.getByText("The chart could not be loaded. The table says the same.").waitFor();
    await page.getByRole("table", { name: /^Since this page was opened/ }).waitFor();
    await expectAccessible(page, "queue without its chart");
    await context.close();
  });
});
