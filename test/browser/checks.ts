import axe from "axe-core";
import type { Page } from "playwright-core";

/**
 * What a program can find of WCAG 2.2 AA in a page. Each check returns what it found, as sentences. Scripts for the page
 * are texts, since the tests are compiled without the browser's types; the page's policies do not hold for a debugger.
 */

const rules = { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"] };

/** What axe-core finds, the size of targets (2.5.8) included. */
export async function axeFinds(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<axe.AxeResults>(`axe.run(document, ${JSON.stringify(rules)})`);
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

const widths = [1280, 768, 320] as const;

/** Windows in which the page has to be scrolled to the side (1.4.10), also with text of twice the size (1.4.4). */
export async function scrollsSideways(page: Page, inEach?: (width: number) => Promise<unknown>): Promise<string[]> {
  const before = page.viewportSize() ?? { width: 1280, height: 720 };
  const found: string[] = [];
  const look = async (width: number, how: string) => {
    const needed = await page.evaluate<number>("document.documentElement.scrollWidth");
    if (needed > width) found.push(`${how}: needs ${needed} of ${width} pixels`);
  };
  for (const width of widths) {
    await page.setViewportSize({ width, height: 720 });
    await look(width, "usual text");
    await inEach?.(width);
  }
  const root = (size: string) => `document.documentElement.style.fontSize = ${JSON.stringify(size)}`;
  for (const width of [1280, 640]) {
    await page.setViewportSize({ width, height: 720 });
    await page.evaluate(root("200%"));
    await look(width, "text of twice the size");
    await page.evaluate(root(""));
  }
  await page.setViewportSize(before);
  return found;
}

/** Targets of less than 24 by 24 pixels (2.5.8), without the exception for spacing; links in a sentence are exempt. */
export function smallTargets(page: Page): Promise<string[]> {
  return page.evaluate(`[...document.querySelectorAll("a[href], button, input, select, textarea, summary")].flatMap((target) => {
    const { width, height } = target.getBoundingClientRect();
    const isSkipLink = target.classList.contains("nhsuk-skip-link") && target !== document.activeElement;
    const isInSentence = getComputedStyle(target).display === "inline" && target.parentElement.textContent !== target.textContent;
    if (!target.checkVisibility() || isSkipLink || isInSentence || (width >= 24 && height >= 24)) return [];
    return [target.outerHTML.slice(0, 200) + " has " + Math.round(width) + " by " + Math.round(height) + " pixels"];
  })`);
}

/** What is wrong with the element that has the focus: hidden by something else (2.4.11), or not marked (2.4.7). */
const faultOfFocus = `(() => {
  const focused = document.activeElement;
  if (focused === null || focused === document.body) return null;
  // What of it is in the window: a region may be larger.
  const boxes = [...focused.getClientRects()].map(({ left, right, top, bottom }) => ({
    left: Math.max(left, 0), right: Math.min(right, innerWidth), top: Math.max(top, 0), bottom: Math.min(bottom, innerHeight),
  })).filter(({ left, right, top, bottom }) => right > left && bottom > top);
  const isSeen = boxes.some(({ left, right, top, bottom }) => [0.5, 0.1, 0.9].some((part) => {
    const found = document.elementFromPoint(left + (right - left) * part, (top + bottom) / 2);
    return found !== null && (focused.contains(found) || found.contains(focused));
  }));
  const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(focused);
  const isMarked = outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && !/, 0\\)$/.test(outlineColor);
  const name = focused.outerHTML.slice(0, 160);
  return { name, faults: [...(isSeen ? [] : ["is hidden"]), ...(isMarked ? [] : ["has no outline"])] };
})()`;

interface Focus {
  name: string;
  faults: string[];
}

/**
 * Goes through the page by Tab in a narrow window, where most is out of sight; in forced colours only an outline shows the
 * focus. Returns how many stops there were, and what was wrong with them.
 */
export async function focusFaults(page: Page): Promise<{ stops: number; found: string[] }> {
  const before = page.viewportSize() ?? { width: 1280, height: 720 };
  await page.setViewportSize({ width: 320, height: 256 });
  // From the beginning, wherever the page has put the focus.
  await page.evaluate("document.activeElement.blur(); getSelection().collapse(document.body, 0)");
  const found: string[] = [];
  let stops = 0;
  for (; stops < 200; stops += 1) {
    await page.keyboard.press("Tab");
    const focus = await page.evaluate<Focus | null>(faultOfFocus);
    if (focus === null) break;
    found.push(...focus.faults.map((fault) => `${focus.name} ${fault}`));
  }
  await page.setViewportSize(before);
  return { stops, found };
}

/** What moves although the person asked for less motion. */
export function movements(page: Page): Promise<string[]> {
  return page.evaluate(`[...document.querySelectorAll("*")].flatMap((element) => {
    const { transitionDuration, animationName, scrollBehavior } = getComputedStyle(element);
    const moves = transitionDuration.split(", ").some((time) => parseFloat(time) > 0) || animationName !== "none";
    return moves || scrollBehavior === "smooth" ? [element.outerHTML.slice(0, 160)] : [];
  })`);
}
