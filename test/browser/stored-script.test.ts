import type { BrowserContext, Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { texts } from "../../portal/texts.ts";
import type { DescribedRoute } from "../../functions/http/route.ts";
import { problemAnswer } from "../../functions/http/answers.ts";
import { filled, type Filling } from "./filled.ts";
import { noBrowser, type Portal, usePortal, submitLogin } from "./harness.ts";
import { markup, type Visit, visits } from "./poisoned-visits.ts";

/** Markup in every text that a schema has room for, and a script for every address. */
const poison: Filling = {
  text: markup,
  address: "javascript:alert(3)",
  time: "2026-11-24T12:00:00.000Z",
  date: "2026-11-24",
};

/** Only of `already-running` does the API say what is under way. */
const away = { status: 503, code: "cluster-unavailable", underWay: undefined };

/** Stored scripts: the API says markup wherever its schemas have a text, so that a new field cannot be forgotten. */
describe.skipIf(noBrowser)(`scripts in texts${noBrowser ? ` (skipped: ${noBrowser})` : ""}`, () => {
  const settings = { PORTAL_SUPPORT: markup("support"), PORTAL_ACCESSIBILITY_CONTACT: markup("contact") };
  const mallory = { username: "mallory", password: "mallory", roles: ["desktop-admin"] };
  const portal = usePortal({ settings, more: { users: [mallory] } });

  it.each(visits.map((visit) => [visit.name, visit] as const))("are texts: %s", async (_name, visit) => {
    const { context, page, faults } = await portal.visit(visit.path);
    await poisonAll(context, portal, visit);
    await submitLogin(page, "mallory");
    await visit.act?.(page);
    const main = page.getByRole("main");
    for (const field of visit.shows)
      await expect.poll(() => main.textContent(), { message: field }).toContain(markup(field));
    await expectHarmless(page, faults);
  });

  it("are texts: whom to ask, in the accessibility statement", async () => {
    const { page, faults } = await portal.visit("/accessibility");
    await page.getByText(markup("contact")).waitFor();
    await expectHarmless(page, faults);
  });

  it("are texts: why a sign-in failed", async () => {
    const { context, page, faults } = await portal.visit();
    await context.route("**/protocol/openid-connect/token", (route) =>
      route.fulfill({ status: 400, json: { error: markup("error"), error_description: markup("description") } }),
    );
    await page.getByLabel(/username/i).fill("mallory");
    await page.getByLabel(/password/i).fill("mallory");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: texts.failed.title }).waitFor();
    await expectHarmless(page, faults);
  });
});

/** Expects that texts are shown as they are: no element of theirs, and no address that is a script. */
async function expectHarmless(page: Page, faults: readonly string[]): Promise<void> {
  expect(await page.locator("body img, body script, [onerror], iframe, object, embed").count()).toBe(0);
  expect(await page.locator('[href^="javascript" i], [src^="javascript" i], [action], [srcdoc]').count()).toBe(0);
  expect(faults).toEqual([]);
}

/** Answers every call of the pages with the fullest answer that its schema allows. */
async function poisonAll(context: BrowserContext, portal: Portal, visit: Visit): Promise<void> {
  const { chosen = {}, refused, refusal = away } = visit;
  await context.route(`${portal.url}/api/**`, async (route) => {
    const { pathname, searchParams } = new URL(route.request().url());
    const method = route.request().method();
    const looks = searchParams.get("dryRun") === "true" ? "?dryRun" : "";
    const call = `${method} ${pathname.replace("/api/", "")}${looks}`;
    if (refused?.test(call)) {
      const body = filled(problemAnswer, poison, refusal);
      await route.fulfill({
        status: refusal.status,
        body: JSON.stringify(body),
        contentType: "application/problem+json",
      });
      return;
    }
    const described = portal.estate.described.find((each) => answers(each, method, pathname));
    if (!described) throw new Error(`answer ${call}: it is not in the document`);
    const [status, schema] = answerOf(described, method);
    const own = Object.entries(chosen).find(([key]) => isOf(key, call))?.[1];
    const headers = { "retry-after": "600" };
    await route.fulfill({ status, json: filled(schema, poison, own), headers });
  });
}

function answers({ path, method }: DescribedRoute, asked: string, pathname: string): boolean {
  return method === asked && new RegExp(`^/api/${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(pathname);
}

/** What is under way stays so: 202 for a request of a desktop. */
function answerOf({ endpoint, path }: DescribedRoute, method: string) {
  const bodies = Object.entries(endpoint.answers).flatMap(([status, { body }]) =>
    body ? [[Number(status), body] as const] : [],
  );
  const found =
    bodies.find(([status]) => status === (path.startsWith("operations") || method === "PUT" ? 202 : 200)) ?? bodies[0];
  if (!found) throw new Error(`answer ${method} ${path}: the document has no body for it`);
  return found;
}

/** `POST desktops?dryRun` is of `POST desktops/1/suspend?dryRun`. */
function isOf(key: string, call: string): boolean {
  const [path = "", looks] = key.split("?");
  const [asked = "", asks] = call.split("?");
  return looks === asks && (asked === path || asked.startsWith(`${path}/`));
}
