import type { Page } from "playwright-core";
import { consoleTexts } from "../../portal/console/texts.ts";
import { texts } from "../../portal/texts.ts";
import type { Chosen } from "./filled.ts";

/** What the API says wherever its schemas have a text of this name. */
export const markup = (name: string) => `<img src=x onerror="alert(1)" alt="${name}"><script>alert(2)</script>`;
/** A state of a page in which texts of the API are shown. */
export interface Visit {
  name: string;
  path: string;
  /** By method, path and, for a call that only looks, `?dryRun`: which of the possible answers it is. */
  chosen?: Readonly<Record<string, Chosen>>;
  /** Calls that are refused. */
  refused?: RegExp;
  /** As what; unless it is said, the cluster is away. */
  refusal?: Chosen & { status: number };
  act?: (page: Page) => Promise<unknown>;
  /** Fields that the page is known to show: else the test could look at an empty page. */
  shows: readonly string[];
}

const person = "GET users/mallory/desktop";
const running = { state: "in-use", workspace: markup("workspace") };
const absent = { state: "absent", workspace: null };
/** What is under way brings up no desktop: the page shows the one that is there. */
const noStart = { "GET operations": { workspace: null } };
const start = (page: Page) => page.getByRole("button", { name: /^Start/ }).click();
const suspend = async (page: Page) => {
  await page.getByText(consoleTexts.desktop.suspend, { exact: true }).click();
  const form = page.locator("details[open]");
  await form.getByLabel(consoleTexts.action.reason).fill(markup("typed"));
  await form.getByRole("button", { name: consoleTexts.action.preview }).click();
};
const previewOfSessions = async (page: Page) => {
  await page.getByText(consoleTexts.sessions.end, { exact: true }).last().click();
  await page.getByLabel(consoleTexts.desktops.columns.workspace).fill(markup("typed"));
  await page.getByLabel(consoleTexts.action.reason).fill(markup("typed"));
  await page.getByRole("button", { name: consoleTexts.action.preview }).click();
};
const view = (name: string) => `/console?view=${name}`;
const id = encodeURIComponent(markup("id"));

/** Together they show every text that any page shows. */
export const visits: readonly Visit[] = [
  {
    name: "a desktop that failed, and workspaces",
    path: "/",
    chosen: { [person]: absent, ...noStart },
    shows: ["reason", "displayName", "description", "operation"],
  },
  {
    name: "a workspace that is refused",
    path: "/",
    chosen: {
      ...noStart,
      [person]: { ...absent, lastFailure: undefined },
      "GET users/mallory/workspaces": { entitled: false },
    },
    shows: ["reason", "displayName"],
  },
  {
    name: "a desktop that ended",
    path: "/",
    chosen: { [person]: { ...absent, lastFailure: undefined, lastRefusal: undefined }, ...noStart },
    shows: ["reason", "operation"],
  },
  {
    name: "a start",
    path: "/",
    chosen: { [person]: { ...absent, state: "starting" }, "GET operations": { state: "running" } },
    act: (page) => page.getByText(texts.starting.details).click(),
    shows: ["displayName", "message", "note", "id"],
  },
  {
    name: "a start that is refused",
    path: "/",
    chosen: { [person]: absent, ...noStart },
    refused: /^PUT /,
    act: start,
    shows: ["detail", "requestId"],
  },
  {
    name: "a desktop that runs",
    path: "/",
    // One that is kept until its end does not say by whom.
    chosen: { [person]: { ...running, endsAt: "2026-11-24T13:00:00.000Z" }, ...noStart },
    shows: ["reason", "displayName", "by"],
  },
  {
    name: "a switch",
    path: "/",
    chosen: { [person]: { ...running, workspace: `${markup("workspace")} other` }, ...noStart },
    act: (page) => page.getByRole("button", { name: /^Switch/ }).click(),
    shows: ["displayName"],
  },
  { name: "an API that refuses", path: "/", refused: /^GET /, shows: ["explanation"] },
  { name: "the console's list", path: "/console", shows: ["username", "workspace", "unanswered", "endsBecause"] },
  {
    name: "the console's list, and what is in the address",
    path: `/console?state=${id}&workspace=${id}&rule=${id}&username=${id}&after=${id}`,
    shows: ["id"],
  },
  { name: "a console that is refused", path: "/console", refused: /^GET /, shows: ["detail"] },
  {
    name: "one desktop",
    path: `${view("desktop")}&id=${id}`,
    shows: ["username", "reason", "deployment", "field", "found", "wanted", "notCompared", "by"],
  },
  {
    name: "what an action would do",
    path: `${view("desktop")}&id=${id}`,
    chosen: { "POST desktops?dryRun": { dryRun: true, refused: undefined } },
    act: suspend,
    shows: ["would"],
  },
  {
    name: "an action that would be refused",
    path: `${view("desktop")}&id=${id}`,
    chosen: { "POST desktops?dryRun": { dryRun: true } },
    act: suspend,
    shows: ["reason"],
  },
  {
    name: "the end of sessions",
    path: view("sessions"),
    chosen: { "POST maintenance/end-sessions?dryRun": { dryRun: true, refused: undefined } },
    act: previewOfSessions,
    shows: ["would"],
  },
  {
    name: "an end of sessions while another one is under way",
    path: view("sessions"),
    chosen: { "POST maintenance/end-sessions?dryRun": { dryRun: true, refused: undefined } },
    refused: /^POST .*end-sessions$/,
    refusal: { status: 409, code: "already-running" },
    act: async (page) => {
      await previewOfSessions(page);
      await page.getByRole("button", { name: consoleTexts.action.confirm(consoleTexts.sessions.end) }).click();
    },
    shows: ["by", "reason"],
  },
  { name: "the queue", path: view("queue"), shows: ["username", "workspace", "image", "reason"] },
  {
    name: "drift",
    path: view("drift"),
    chosen: { "POST maintenance/reconcile?dryRun": { dryRun: true } },
    act: (page) => page.getByRole("button", { name: consoleTexts.drift.look }).click(),
    shows: ["username", "workspace", "reason", "refused"],
  },
  {
    name: "maintenance",
    path: view("maintenance"),
    chosen: { "GET maintenance": { state: "paused" } },
    shows: ["by", "reason", "username", "goal"],
  },
  { name: "health", path: view("health"), shows: ["seen", "what", "advice"] },
];
