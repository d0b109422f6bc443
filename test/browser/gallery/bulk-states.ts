import type { Page } from "playwright-core";
import * as examples from "../../../functions/http/examples.ts";
import { consoleTexts as texts } from "../../../portal/console/texts.ts";
import { operator } from "./people.ts";
import { type Answers, ok, problem, type State } from "./state.ts";

const [listed] = examples.desktops.desktops;
if (!listed) throw new Error("show many desktops: the API's example has none");
const desktopOf = (username: string) => ({ ...listed, username, id: `${listed.id}${username}` });
const four = ["alice", "bob", "carol", "dan"].map(desktopOf);
const five = ["alice", "bob", "carol", "erin", "frank"].map(desktopOf);
const onePage = { ...examples.desktops, next: undefined };
const list = ok({ ...onePage, desktops: four });

const preview = (username: string, connected: boolean | null) =>
  ok({
    ...examples.preview,
    connected: { people: connected === true ? 1 : 0, notKnown: connected === null ? 1 : 0 },
    desktops: [{ ...examples.preview.desktops[0], username, connected }],
  });
const of = (action: string): Answers => ({
  [`POST desktops/${listed.id}alice/${action}?dryRun`]: preview("alice", true),
  [`POST desktops/${listed.id}bob/${action}?dryRun`]: preview("bob", true),
  [`POST desktops/${listed.id}carol/${action}?dryRun`]: preview("carol", null),
  [`POST desktops/${listed.id}dan/${action}?dryRun`]: problem(503, "cluster-unavailable", "the API server is away"),
});

async function lookAtAll(page: Page, action: string): Promise<void> {
  await page.getByLabel(texts.desktops.selectAll).check();
  const form = page.locator(".console-bulk details").filter({ hasText: action });
  await form.locator("summary").click();
  await form.getByLabel(texts.action.reason).fill("the nodes are replaced");
  await form.getByRole("button", { name: texts.action.preview }).click();
}

const bulk = (answers: Answers) => ({
  ...{ path: "/console", username: operator },
  answers: { "GET desktops": list, ...answers },
});

/** What can be done with many desktops at once. */
export const bulkStates: readonly State[] = [
  {
    name: "console-bulk-incomplete",
    ...bulk({}),
    act: async (page) => {
      const form = page.locator(".console-bulk details").first();
      await form.locator("summary").click();
      await form.getByLabel(texts.action.reason).fill("the nodes are replaced");
      await form.getByRole("button", { name: texts.action.preview }).click();
    },
    shows: texts.bulk.missing,
  },
  ...(["suspend", "extend", "retire"] as const).map((action) => ({
    name: `console-bulk-${action}`,
    ...bulk(of(action)),
    act: (page: Page) => lookAtAll(page, texts.desktop[action]),
    shows: texts.bulk.left,
  })),
  {
    name: "console-bulk-gone",
    ...bulk({ "GET desktops": [list, ok({ ...onePage, desktops: four.slice(1) })] }),
    act: async (page) => {
      await page.getByLabel(texts.desktops.selectAll).check();
      await page.getByLabel(texts.desktops.columns.workspace).selectOption("");
    },
    shows: /^.*Not listed any more, and not selected: /,
  },
  {
    name: "console-bulk-asking",
    ...bulk({
      ...of("suspend"),
      "GET desktops": ok({ ...onePage, desktops: four.slice(0, 1) }),
      [`POST desktops/${listed.id}alice/suspend`]: "never",
    }),
    act: async (page) => {
      await lookAtAll(page, texts.desktop.suspend);
      await page.getByRole("button", { name: texts.action.confirm(texts.desktop.suspend) }).click();
    },
    shows: texts.asked.state["under way"],
  },
  {
    name: "console-bulk-partly-done",
    ...bulk({
      ...of("suspend"),
      [`POST desktops/${listed.id}alice/suspend`]: ok({ ...examples.endedOperation, state: "done" }),
      [`POST desktops/${listed.id}carol/suspend`]: ok({ ...examples.endedOperation, state: "done" }),
      [`POST desktops/${listed.id}bob/suspend`]: problem(503, "cluster-unavailable", "the API server is away"),
    }),
    act: async (page) => {
      await lookAtAll(page, texts.desktop.suspend);
      await page.getByRole("button", { name: texts.action.confirm(texts.desktop.suspend) }).click();
    },
    shows: texts.asked.far(2, 3, 1, 0),
  },
  {
    name: "console-bulk-asking-many",
    ...bulk({
      "GET desktops": ok({ ...onePage, desktops: five }),
      ...Object.fromEntries(
        five.map(({ id, username }) => [`POST desktops/${id}/suspend?dryRun`, preview(username, false)]),
      ),
      [`POST desktops/${listed.id}alice/suspend`]: problem(503, "cluster-unavailable", "the API server is away"),
    }),
    act: async (page) => {
      await lookAtAll(page, texts.desktop.suspend);
      await page.getByRole("button", { name: texts.action.confirm(texts.desktop.suspend) }).click();
    },
    shows: texts.asked.far(0, 5, 1, 1),
  },
];
