import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import axe from "axe-core";
import type { Page } from "playwright-core";
import { expect } from "vitest";

const folder = process.env["KEYCLOAK_SCREENSHOTS"] ?? "test-results/keycloak";
/** A desktop's screen, and the width at which WCAG 2.2 wants no scrolling in two directions (1.4.10). */
const widths = [1280, 320];
/** Of Keycloak 25, the language menu has a name that is not its text, and a tabindex. */
const ours = { exclude: ["#kc-locale"] };
const options = {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  // No part of WCAG, and the template of Keycloak 25 has no landmarks.
  rules: { "landmark-one-main": { enabled: false }, region: { enabled: false } },
  resultTypes: ["violations"],
};

/** Takes pictures of a page, and expects that axe-core finds nothing in it and that it fits into a narrow window. */
export async function look(page: Page, name: string, colorSchemes: readonly ("light" | "dark")[] = ["light"]) {
  await mkdir(folder, { recursive: true });
  const before = page.viewportSize() ?? { width: 1280, height: 800 };
  for (const colorScheme of colorSchemes) {
    await page.emulateMedia({ colorScheme });
    for (const width of widths) {
      await page.setViewportSize({ width, height: 800 });
      const dark = colorScheme === "dark" ? "-dark" : "";
      await page.screenshot({ path: join(folder, `${name}${dark}-${width}.png`), fullPage: true });
      expect([name, width, await page.evaluate("document.documentElement.scrollWidth")]).toEqual([name, width, width]);
      expect([name, colorScheme, width, await violations(page)]).toEqual([name, colorScheme, width, []]);
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize(before);
}

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations: found } = await page.evaluate<axe.AxeResults>(
    `axe.run(${JSON.stringify(ours)}, ${JSON.stringify(options)})`,
  );
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary = "" }) => `${id}: ${html}: ${failureSummary}`),
  );
}

/** Keeps the present page while something looks at it, although it wants to refresh itself. */
export async function held(page: Page, looking: () => Promise<void>): Promise<void> {
  const everything = "**/*";
  await page.route(everything, (route) =>
    route.request().isNavigationRequest() ? route.abort("aborted") : route.continue(),
  );
  await looking();
  await page.unroute(everything);
}
