import { beforeAll, describe, expect, it } from "vitest";
import { consoleTexts } from "../../../portal/console/texts.ts";
import { texts } from "../../../portal/texts.ts";
import { axeFinds, focusFaults, movements, scrollsSideways, smallTargets } from "../checks.ts";
import { noBrowser, usePortal } from "../harness.ts";
import { consoleStates } from "./console-states.ts";
import { everyText, galleryOf } from "./gallery.ts";
import { portalStates } from "./portal-states.ts";

const states = [...portalStates, ...consoleStates];

/** Every page in every state, as WCAG 2.2 AA wants it as far as a program can tell. */
describe.skipIf(noBrowser)(`the gallery of all states${noBrowser ? ` (skipped: ${noBrowser})` : ""}`, () => {
  const portal = usePortal({ settings: { PORTAL_ACCESSIBILITY_CONTACT: "barriers@example.org" }, keepsBrowsers: true });
  let gallery: ReturnType<typeof galleryOf>;
  const shown: string[] = [];
  beforeAll(() => {
    gallery = galleryOf(portal);
  });

  it.each(states.map((state) => [state.name, state] as const))("%s", async (_name, state) => {
    const page = await gallery.open(state);
    const text = await page.evaluate<string>(everyText);
    shown.push(text);
    if (state.hides) expect(text).not.toMatch(state.hides);
    await page.emulateMedia({ forcedColors: "active" });
    const [inForcedColours, focus] = [await axeFinds(page), await focusFaults(page)];
    await page.emulateMedia({ forcedColors: null });
    expect({
      axe: [...inForcedColours, ...(await axeFinds(page))],
      sideways: await scrollsSideways(page, (width) => gallery.picture(page, state, width)),
      small: await smallTargets(page),
      focus: focus.found,
      moves: await movements(page),
    }).toEqual({ axe: [], sideways: [], small: [], focus: [], moves: [] });
    // Else nothing was looked at: all but a page before its script has something to go to.
    expect(focus.stops > 0).toBe(state.isStatic !== true);
    await page.close();
  });

  it("leaves out no state: each text of the pages is in one of them", () => {
    const all = shown.join("\n");
    const missing = [...patternsOf("texts", texts), ...patternsOf("consoleTexts", consoleTexts)]
      .filter(([, pattern]) => !pattern.test(all))
      .map(([name]) => name)
      .filter((name) => name !== shownElsewhere);
    expect(missing).toEqual([]);
  });
});

/** sign-in.test.ts shows it, where the clock of the page is wrong. */
const shownElsewhere = "texts.failed.clock";

/** Stands for what a text is told, whether it takes it as a number, as a word or as a list of words. */
const told = 987_654;
const argument: unknown = Object.assign(new Number(told), { join: () => String(told) });

/** Each text with a pattern of what it says, whatever it is told. */
function patternsOf(name: string, text: unknown): [string, RegExp][] {
  if (typeof text === "string") return [[name, new RegExp(escaped(text))]];
  if (typeof text === "function") {
    const say = text as (...told: unknown[]) => string;
    const said = say(...Array<unknown>(text.length).fill(argument));
    return [[name, new RegExp(said.split(String(told)).map(escaped).join("[^\\n]+?"))]];
  }
  return Object.entries(text as object).flatMap(([key, each]) => patternsOf(`${name}.${key}`, each));
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
