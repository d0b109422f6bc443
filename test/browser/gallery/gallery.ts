import { join } from "node:path";
import type { Page, Route } from "playwright-core";
import { problemAnswer } from "../../../functions/http/answers.ts";
import { expectDescribed } from "../../answer-shapes.ts";
import type { Portal } from "../harness.ts";
import { type Answer, now, type State } from "./state.ts";
import { portalUser } from "./people.ts";

/** Where pictures of all pages and states go, if they are wanted: `npm run screenshots`. */
const screenshots = process.env["SCREENSHOTS"];

/**
 * Opens pages and brings them into their states: the sign-in is real, and the API's answers are those of the state, as far
 * as its document allows them.
 */
export function galleryOf(portal: Portal) {
  const signedIn = new Map<string, Promise<Page>>();
  async function open(state: State): Promise<Page> {
    const { username = portalUser } = state;
    let home = signedIn.get(username);
    if (!home) signedIn.set(username, (home = portal.signIn(username).then(({ page }) => page)));
    const page = await (await home).context().newPage();
    await page.clock.setFixedTime(now);
    await answer(page, state);
    await page.goto(portal.url + state.path);
    // What the page is before its script has signed the person in has a heading, too, but no header.
    if (!state.isStatic) await page.getByRole("banner").waitFor();
    await state.act?.(page);
    await page.getByText(state.shows).first().waitFor();
    return page;
  }

  async function answer(page: Page, { answers, without }: State): Promise<void> {
    const given = new Map<string, number>();
    const next = (key: string): Answer => {
      const found = answers[key];
      if (found === undefined) return "never";
      if (!isSeveral(found)) return found;
      const number = given.get(key) ?? 0;
      given.set(key, number + 1);
      return found[Math.min(number, found.length - 1)] ?? "never";
    };
    await page.route(`${portal.url}/api/**`, async (route) => {
      const address = new URL(route.request().url());
      const method = route.request().method();
      const looks = address.searchParams.get("dryRun") === "true" ? "?dryRun" : "";
      const path = decodeURIComponent(address.pathname.replace("/api/", ""));
      await fulfil(route, next(`${method} ${path}${looks}`), method, path);
    });
    if (without) await page.route(without, (route) => route.abort());
  }

  async function fulfil(route: Route, told: Answer, method: string, path: string): Promise<void> {
    if (told === "never") return;
    if (told === "away") return route.abort();
    const { status, body, headers = {} } = told;
    // As JSON: what is undefined is not there.
    const sent: unknown = JSON.parse(JSON.stringify(body));
    const isProblem = problemAnswer.safeParse(sent).success;
    // Of the calls, only readiness fails with an answer that is no problem: the one that it has if all is well.
    expectDescribed(portal.estate.described, method, `/${path}`, isProblem || status < 400 ? status : 200, sent);
    const contentType = isProblem ? "application/problem+json" : "application/json";
    await route.fulfill({ status, body: JSON.stringify(sent), contentType, headers });
  }

  return {
    open,
    /** Takes a picture at this width, if pictures are wanted. */
    async picture(page: Page, { name }: State, width: number): Promise<void> {
      if (screenshots !== undefined)
        await page.screenshot({ path: join(screenshots, `${name}-${width}.png`), fullPage: true });
    },
  };
}

function isSeveral(answer: Answer | readonly Answer[]): answer is readonly Answer[] {
  return Array.isArray(answer);
}

/** Every text of a page as people get it: by reading, by a screen reader, or in the tab's title. */
export const everyText = `[
  document.title,
  document.body.textContent,
  ...[...document.querySelectorAll("[aria-label]")].map((element) => element.getAttribute("aria-label")),
].join("\\n")`;
