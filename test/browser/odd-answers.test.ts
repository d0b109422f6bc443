import type { BrowserContext, Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import * as examples from "../../functions/http/examples.ts";
import { consoleTexts } from "../../portal/console/texts.ts";
import { texts } from "../../portal/texts.ts";
import { expectAccessible, noBrowser, type Person, usePortal } from "./harness.ts";

const json = "application/json";
/** What can come as 200 from something that is not the API, or not the one that the page knows; the others are in test/portal-answers.test.ts. */
const kinds = {
  "an object without fields": { contentType: json, body: "{}" },
  "the sign-in page of a gateway": { contentType: "text/html", body: "<h1>Sign in to the network</h1>" },
};
const odd = kinds["an object without fields"];
const told =
  /the service answered something else than expected|something else answered|the service's answer broke off/i;

const view = (name: string) => `/console?view=${name}`;
/** Pages, and what is answered well there until something is done. */
const desktopPage = `${view("desktop")}&id=${examples.desktop.id}`;
const running = {
  ...examples.personsDesktop,
  state: "ready",
  endsAt: undefined,
  mayExtendUntil: "2099-11-24T18:00:00.000Z",
};
const absent = { username: "alice", workspace: null, wanted: null, state: "absent", reason: "x", explanation: "X." };
const well: Readonly<Record<string, unknown>> = {
  "GET users/alice/workspaces": examples.workspaces,
  "GET desktops": examples.desktops,
  [`GET desktops/${examples.desktop.id}`]: examples.desktop,
  "GET maintenance": examples.maintenance,
  [`GET operations/${examples.runningOperation.id}`]: examples.runningOperation,
};

const preview = async (page: Page, name: string) => {
  await page.getByText(name, { exact: true }).last().click();
  const form = page.locator("details[open]");
  await form.getByLabel(consoleTexts.action.reason).fill("a test");
  await form.getByRole("button", { name: consoleTexts.action.preview }).click();
};
const decide = (name: string) => async (page: Page) => {
  await preview(page, name);
  await page.getByRole("button", { name: consoleTexts.action.confirm(name) }).click();
};

interface Done {
  name: string;
  path: string;
  /** The call whose answer is odd. */
  call: string;
  well?: Readonly<Record<string, unknown>>;
  act: (page: Page) => Promise<unknown>;
}
const seen: Readonly<Record<string, unknown>> = { ...well, "GET users/alice/desktop": running };
const desktop = `POST desktops/${examples.desktop.id}`;
const looked = Object.fromEntries(
  ["suspend", "extend", "retire"].map((verb) => [`${desktop}/${verb}?dryRun`, { ...examples.preview, of: 1 }]),
);
/** Everything that people can do, by the call that does it. */
const actions: readonly Done[] = [
  {
    ...{ name: "start", path: "/", call: "PUT users/alice/desktop", well: { "GET users/alice/desktop": absent } },
    act: (page) => page.getByRole("button", { name: "Start Asthma cohort" }).click(),
  },
  {
    ...{ name: "stop", path: "/", call: "DELETE users/alice/desktop" },
    act: (page) => page.getByRole("button", { name: texts.running.suspend }).click(),
  },
  {
    ...{ name: "keep", path: "/", call: "POST users/alice/desktop/extend" },
    act: (page) => page.getByRole("group", { name: texts.running.keepTitle }).getByRole("button").first().click(),
  },
  ...(["suspend", "extend", "retire"] as const).flatMap((verb): Done[] => {
    const name = consoleTexts.desktop[verb];
    return [
      {
        ...{ name: `look at ${verb}`, path: desktopPage, call: `${desktop}/${verb}?dryRun` },
        act: (page) => preview(page, name),
      },
      { name: verb, path: desktopPage, call: `${desktop}/${verb}`, well: looked, act: decide(name) },
    ];
  }),
  {
    ...{ name: "end sessions", path: view("sessions"), call: "POST maintenance/end-sessions" },
    well: { "POST maintenance/end-sessions?dryRun": examples.preview },
    async act(page) {
      await page.getByText(consoleTexts.sessions.end, { exact: true }).last().click();
      await page.getByLabel(consoleTexts.desktops.columns.workspace).fill("asthma-cohort");
      await page.getByLabel(consoleTexts.action.reason).fill("a test");
      await page.getByRole("button", { name: consoleTexts.action.preview }).click();
      await page.getByRole("button", { name: consoleTexts.action.confirm(consoleTexts.sessions.end) }).click();
    },
  },
  {
    ...{ name: "pause", path: view("maintenance"), call: "PUT maintenance" },
    async act(page) {
      await page
        .getByLabel(/^Reason/)
        .first()
        .fill("a test");
      await page
        .getByRole("button", { name: /^Pause|^Resume/ })
        .first()
        .click();
    },
  },
  {
    ...{ name: "look for drift", path: view("drift"), call: "POST maintenance/reconcile?dryRun" },
    act: (page) => page.getByRole("button", { name: consoleTexts.drift.look }).click(),
  },
  {
    ...{ name: "follow what was begun", path: desktopPage, call: `GET operations/${examples.runningOperation.id}` },
    well: { ...looked, [`${desktop}/suspend`]: examples.runningOperation },
    act: decide(consoleTexts.desktop.suspend),
  },
];

/** What the pages show when a 200 is no answer of the API: a sentence, and never nothing. */
describe.skipIf(noBrowser)(`odd answers in a browser${noBrowser ? ` (skipped: ${noBrowser})` : ""}`, () => {
  const portal = usePortal({ keepsBrowsers: true });
  let alice: Person;
  let olga: Person;
  beforeAll(async () => {
    [alice, olga] = [await portal.signIn("alice"), await portal.signIn("olga", "/console")];
  });

  type Answer = { status?: number; contentType: string; body: string };
  /** Opens the page as the one whose it is; the function answers each call, by method, path and `?dryRun`. */
  async function open(path: string, answer: (call: string) => Answer): Promise<{ page: Page; faults: string[] }> {
    const { context, faults }: { context: BrowserContext; faults: string[] } = path === "/" ? alice : olga;
    const page = await context.newPage();
    await page.route(`${portal.url}/api/**`, (route) => {
      const { pathname, searchParams } = new URL(route.request().url());
      const looks = searchParams.get("dryRun") === "true" ? "?dryRun" : "";
      return route.fulfill(answer(`${route.request().method()} ${pathname.replace("/api/", "")}${looks}`));
    });
    await page.goto(portal.url + path);
    return { page, faults };
  }
  const says = (page: Page) => page.getByRole("main").getByText(told).first().waitFor();
  const isWhole = async (page: Page) => {
    expect(await page.getByRole("banner").count()).toBe(1);
    expect(await page.getByText(texts.broken.title).count()).toBe(0);
  };

  const pages = [
    "/",
    "/console",
    desktopPage,
    ...["queue", "maintenance", "health"].map(view),
    `${view("sessions")}&run=1`,
  ];
  it.each(pages.flatMap((path) => Object.entries(kinds).map(([kind, answer]) => ({ path, kind, answer }))))(
    "are told at $path: $kind",
    async ({ path, answer }) => {
      const { page, faults } = await open(path, () => answer);
      await says(page);
      await isWhole(page);
      expect(faults).toEqual([]);
      await page.close();
    },
  );

  it.each(actions)("to what somebody does are told: $name", async ({ path, call, act, well: own = {} }) => {
    const good = { ...seen, ...own };
    const { page, faults } = await open(path, (asked) =>
      asked === call || !(asked in good) ? odd : { contentType: json, body: JSON.stringify(good[asked]) },
    );
    await act(page);
    await says(page);
    await isWhole(page);
    expect(faults).toEqual([]);
    await page.close();
  });

  it("leave what is shown as it is, and are forgotten with the next answer", async () => {
    let isOdd = false;
    const { page } = await open("/", (asked) =>
      isOdd ? odd : { contentType: json, body: JSON.stringify(seen[asked] ?? running) },
    );
    const ready = page.getByRole("heading", { level: 1, name: "Asthma cohort is ready" });
    await ready.waitFor();
    isOdd = true;
    await page.evaluate("dispatchEvent(new Event('online'))");
    await says(page);
    expect(await ready.count()).toBe(1);
    await expectAccessible(page, "an odd answer");
    isOdd = false;
    await page.getByText(told).waitFor({ state: "detached" });
    await page.close();
  });

  it("are not needed for the last net: what nobody expected, where nobody waits, is told", async () => {
    const { page } = await open("/", (asked) => ({ contentType: json, body: JSON.stringify(seen[asked] ?? running) }));
    await page.getByRole("heading", { level: 1, name: "Asthma cohort is ready" }).waitFor();
    await page.evaluate("void Promise.reject(new TypeError('nobody expected this'))");
    await page.getByRole("heading", { level: 1, name: texts.broken.title }).and(page.locator(":focus")).waitFor();
    expect(await page.getByRole("button", { name: "Sign out" }).count()).toBe(1);
    await page.close();
  });

  it.each(["/", "/console"])("are not needed for the last net: %s says that it cannot be drawn", async (path) => {
    // Nothing that the API can say breaks a page any more, as far as is known; a browser without dates does.
    const { context } = path === "/" ? alice : olga;
    await context.addInitScript("Date.prototype.toDateString = () => { throw new TypeError('nobody expected this') }");
    const { page } = await open(path, (asked) => ({ contentType: json, body: JSON.stringify(seen[asked] ?? running) }));
    await page.getByRole("heading", { level: 1, name: texts.broken.title }).and(page.locator(":focus")).waitFor();
    await page.getByText(texts.details).click();
    await page.getByText("TypeError: nobody expected this").waitFor();
    await expectAccessible(page, "cannot be drawn");
    const loaded = page.waitForEvent("load");
    await page.getByRole("button", { name: texts.broken.again }).click();
    await loaded;
    await context.close();
  });
});
