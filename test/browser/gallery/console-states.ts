import type { Page } from "playwright-core";
import type { z } from "zod";
import { type desktopsAnswer, desktopState, type oneDesktopAnswer } from "../../../functions/http/answers.ts";
import * as examples from "../../../functions/http/examples.ts";
import { consoleTexts as texts } from "../../../portal/console/texts.ts";
import { concerns } from "../../../shared/lifecycle/worst-first.ts";
import { bulkStates } from "./bulk-states.ts";
import { operator } from "./people.ts";
import { type Answer, type Answers, inMinutes, ok, problem, type State } from "./state.ts";

type Desktops = z.input<typeof desktopsAnswer>;
type DesktopState = z.output<typeof desktopState>;
type OneDesktop = z.input<typeof oneDesktopAnswer>;

const [listed] = (examples.desktops as Desktops).desktops;
if (!listed) throw new Error("show the console: the API's example has no desktop");
const { id } = listed;
const concernOf: Partial<Record<DesktopState, (typeof concerns)[number]>> = {
  ...{ failed: "failed", absent: "damaged", unknown: "unknown", retiring: "in-trouble", starting: "slow-start" },
};
const people = ["alice", "bob", "carol", "dan", "erin", "frank", "grace", "heidi", "ivan", "judy"];
/** A desktop in each state, those of concern first, and little known of every other one. */
const everyState = desktopState.options
  .toSorted((one, other) => worst(one) - worst(other))
  .map((state, index) => {
    const { since, lastSeen, endsAt, endsBecause, ...least } = listed;
    const known = index % 2 === 0 ? { since, lastSeen, endsAt, endsBecause } : {};
    const concern = concernOf[state];
    const workspace = index % 3 === 0 ? "cancer-registry" : "asthma-cohort";
    const username = people[index] ?? "alice";
    const goes = state === "idle" ? { action: "suspend" as const, endsAt: undefined, endsBecause: undefined } : {};
    return {
      ...least,
      ...known,
      ...goes,
      id: `${id}${index}`,
      username,
      workspace,
      state,
      ...(concern && { concern }),
    };
  });
function worst(state: DesktopState): number {
  const concern = concernOf[state];
  return concern === undefined ? concerns.length : concerns.indexOf(concern);
}
const estate: Desktops = {
  ...{ at: inMinutes(0), total: 1_234, desktops: everyState, next: "next", unanswered: [] },
  counts: { states: { ready: 1_200, failed: 34 }, workspaces: { "asthma-cohort": 1_234 }, rules: { "in-use": 1_234 } },
};
const newestFirst = [...everyState.filter(({ since }) => since), ...everyState.filter(({ since }) => !since)].map(
  (each, index) => ({
    ...each,
    workspace: "asthma-cohort",
    ...(each.since !== undefined && { since: inMinutes(-12 - index * index * 7) }),
  }),
);
const desktop: OneDesktop = {
  ...(examples.desktop as OneDesktop),
  ...{ state: "in-use", reason: `somebody has been connected since ${inMinutes(-149)}`, endsAt: inMinutes(240) },
  ...{ endsBecause: "it may run for at most 540 minutes, in use or not" },
  decision: {
    ...{ action: "keep", rule: "in-use", reason: `somebody has been connected since ${inMinutes(-149)}` },
    evidence: { what: "a session that is open", at: inMinutes(-149), source: "Guacamole's history" },
  },
  kept: { workspace: "asthma-cohort", until: inMinutes(300), by: "olga", reason: "a long analysis" },
  isolation: ["the NetworkPolicy allow-monitoring lets monitoring/prometheus in on port 9100"],
  removal: { requestedAt: inMinutes(-1), reason: "the study is over" },
};
const sparse: OneDesktop = {
  ...desktop,
  ...{ connectionId: null, mayBeOpened: null, decision: undefined, kept: undefined, timeline: [], drifts: [] },
  ...{
    entitlement: { entitled: false, code: "workspace-not-bound", reason: "no binding of alice names asthma-cohort" },
  },
  notCompared: "a request is under way: what is there changes now",
  objects: desktop.objects.map((each) => ({
    ...{ ...each, there: null, wanted: null },
    fields: [{ field: "spec.replicas", found: "1", wanted: "0", differs: true }],
  })),
};

const view = (name: string, answers: Answers): Pick<State, "path" | "username" | "answers"> => ({
  ...{ path: name === "desktops" ? "/console" : `/console?view=${name}`, username: operator, answers },
});
const list = (answer: Answer | readonly Answer[]) => view("desktops", { "GET desktops": answer });
const one = (body: OneDesktop, more: Answers = {}) => ({
  ...view(`desktop&id=${id}`, { [`GET desktops/${id}`]: ok(body), ...more }),
});
const seen = (name: keyof typeof texts.views) => ({ shows: texts.views[name] });

async function look(page: Page, action: string): Promise<void> {
  const summary = page.locator("summary").filter({ hasText: action }).last();
  if ((await page.locator("details[open]").count()) === 0) await summary.click();
  const form = page.locator("details[open]");
  await form.getByLabel(texts.action.reason).fill("the registry is being moved");
  await form.getByRole("button", { name: texts.action.preview }).click();
}
async function decide(page: Page, action: string): Promise<void> {
  await look(page, action);
  await page.getByRole("button", { name: texts.action.confirm(action) }).click();
}
const operation = { ...examples.runningOperation, seen: "1" };
const ends = {
  done: { state: "done", message: "no desktop of this person runs", reason: undefined },
  failed: { state: "failed", message: undefined, reason: "the API server does not answer" },
  superseded: { state: "superseded", message: undefined, reason: "alice has asked for another desktop since" },
};
const noDesktop = problem(404, "not-found", "read desktop: there is none with this id (GET /desktops lists all)");
const trouble = examples.maintenance.goals[0]?.trouble;
const suspend = `POST desktops/${id}/suspend`;
const ended = { ...examples.endedSessions, state: "running", of: null, counts: { ended: 0, failed: 0 } };
const endSessions = "POST maintenance/end-sessions";
const asked = { by: "oscar", reason: "the cluster moves" };
const sessions = {
  [`${endSessions}?dryRun`]: ok({ ...examples.preview, of: 3 }),
  [endSessions]: { status: 202, body: ended, headers: { location: `/api/maintenance/end-sessions/${ended.id}` } },
};
const endTheirs = (act: (page: Page, action: string) => Promise<void>) => async (page: Page) => {
  await page.locator("summary").last().click();
  await page.getByLabel(texts.desktops.columns.workspace).fill("asthma-cohort");
  await act(page, texts.sessions.end);
};
const lookForDrift = (page: Page) => page.getByRole("button", { name: texts.drift.look }).click();
const drift = (answer: Answer, more: Answers = {}) => ({
  ...view("drift", { "POST maintenance/reconcile?dryRun": answer, ...more }),
  act: lookForDrift,
});
const maintenance = (body: object) => view("maintenance", { "GET maintenance": ok(body) });
const running = { status: 202, body: examples.runStarted, headers: { location: "/api/maintenance" } };

/** Every state of the console. A test finds a text that is in none of them. */
export const consoleStates: readonly State[] = [
  {
    name: "console-signing-in",
    path: "/console",
    answers: {},
    without: /\.js$/,
    isStatic: true,
    shows: "You are being signed in …",
  },
  { name: "console-not-yours", path: "/console", answers: {}, shows: texts.notYours.title },
  { name: "console-loading", ...list("never"), ...seen("desktops") },
  { name: "console-desktops", ...list(ok(estate)), shows: texts.desktops.total(1_234) },
  {
    name: "console-desktops-second-page",
    ...view("desktops&after=x&username=alice", { "GET desktops": ok({ ...estate, unanswered: ["Guacamole's rows"] }) }),
    shows: texts.desktops.first,
  },
  {
    name: "console-desktops-sorted",
    ...view("desktops&sort=-since&workspace=asthma-cohort", {
      "GET desktops": ok({ ...estate, desktops: newestFirst }),
    }),
    shows: texts.desktops.sorted(texts.desktops.orders["-since"]),
  },
  {
    name: "console-desktops-sorted-anew",
    ...list([ok(estate), "never"]),
    act: async (page) => {
      const heading = page.getByRole("columnheader", { name: texts.desktops.columns.username });
      await heading.getByRole("button").click();
      await heading.getByRole("button").hover();
    },
    shows: texts.desktops.sorted(texts.desktops.orders.worst),
  },
  {
    name: "console-wrong-filters",
    ...view("desktops&state=mood&rule=mood&workspace=Flu%20season&username=a%20b&sort=best", {}),
    shows: texts.desktops.wrong.sort("best"),
  },
  {
    name: "console-wrong-page",
    ...view("desktops&after=e30", { "GET desktops": problem(400, "malformed-parameter", "read after: it is none") }),
    shows: texts.desktops.wrong.page,
  },
  { name: "console-no-desktops", ...list(ok({ ...estate, total: 0, desktops: [] })), shows: texts.desktops.none },
  {
    name: "console-api-away",
    ...list(problem(503, "cluster-unavailable", "list deployments: the API server does not answer")),
    shows: /^Nothing can be shown yet/,
  },
  {
    name: "console-desktop-loading",
    ...view(`desktop&id=${id}`, { [`GET desktops/${id}`]: "never" }),
    shows: texts.desktop.looking,
  },
  {
    name: "console-desktop-missing",
    ...view(`desktop&id=${id}`, { [`GET desktops/${id}`]: noDesktop }),
    shows: texts.desktop.missing,
  },
  {
    name: "console-desktop-gone",
    ...one(desktop, {
      [`GET desktops/${id}`]: [ok(desktop), noDesktop],
      [`POST desktops/${id}/retire?dryRun`]: ok(examples.preview),
      [`POST desktops/${id}/retire`]: { status: 202, body: operation, headers: { location: "/api/operations/x" } },
      [`GET operations/${operation.id}`]: ok({ ...operation, ...ends.done }),
    }),
    act: (page) => decide(page, texts.desktop.retire),
    shows: texts.desktop.gone,
  },
  { name: "console-desktop", ...one(desktop), shows: texts.desktop.objects.title },
  { name: "console-desktop-little-known", ...one(sparse), shows: texts.desktop.nothingYet },
  {
    name: "console-reason-missing",
    ...view("sessions", {}),
    act: async (page) => {
      await page.getByText(texts.sessions.end, { exact: true }).last().click();
      await page.getByLabel(texts.action.reason).fill("a breach is being investigated");
      await page.getByRole("button", { name: texts.action.preview }).click();
    },
    shows: texts.action.incomplete,
  },
  {
    name: "console-preview",
    ...one(desktop, { [`${suspend}?dryRun`]: ok(examples.preview) }),
    act: (page) => look(page, texts.desktop.suspend),
    shows: texts.action.confirm(texts.desktop.suspend),
  },
  {
    name: "console-preview-of-nothing",
    ...one(desktop, { [`${suspend}?dryRun`]: ok({ ...examples.preview, would: [], desktops: [] }) }),
    act: (page) => look(page, texts.desktop.suspend),
    shows: texts.action.nothing,
  },
  {
    name: "console-preview-of-a-refusal",
    ...one(desktop, {
      [`${suspend}?dryRun`]: ok({
        ...{ ...examples.preview, would: [] },
        refused: { code: "request-changed", reason: "alice has asked for another desktop since" },
      }),
    }),
    act: (page) => look(page, texts.desktop.suspend),
    shows: "alice has asked for another desktop since",
  },
  ...(["done", "failed", "superseded"] as const).map((state) => ({
    name: `console-suspension-${state}`,
    ...one(desktop, {
      [`${suspend}?dryRun`]: ok(examples.preview),
      [suspend]: { status: 202, body: operation, headers: { location: `/api/operations/${operation.id}` } },
      [`GET operations/${operation.id}`]: ok({ ...operation, ...ends[state] }),
    }),
    act: (page: Page) => decide(page, texts.desktop.suspend),
    shows: texts.asked.is(texts.asked.state[state], ends[state].message ?? ends[state].reason),
  })),
  {
    name: "console-suspension-in-trouble",
    ...one(desktop, {
      [`${suspend}?dryRun`]: ok(examples.preview),
      [suspend]: { status: 202, body: { ...operation, trouble }, headers: { location: "/api/operations/x" } },
      [`GET operations/${operation.id}`]: "away",
    }),
    act: (page: Page) => decide(page, texts.desktop.suspend),
    shows: /What you see may be old: /,
  },
  {
    name: "console-extended",
    ...one(desktop, {
      [`POST desktops/${id}/extend?dryRun`]: ok(examples.preview),
      [`POST desktops/${id}/extend`]: ok(examples.kept),
    }),
    act: (page) => decide(page, texts.desktop.extend),
    shows: /kept until 22:00/,
  },
  ...bulkStates,
  {
    name: "console-retire-preview",
    ...one(desktop, { [`POST desktops/${id}/retire?dryRun`]: ok(examples.preview) }),
    act: (page) => look(page, texts.desktop.retire),
    shows: texts.action.confirm(texts.desktop.retire),
  },
  { name: "console-sessions", ...view("sessions", {}), ...seen("sessions") },
  {
    name: "console-sessions-preview",
    ...view("sessions", sessions),
    act: endTheirs(look),
    shows: texts.action.confirm(texts.sessions.end),
  },
  {
    name: "console-sessions-under-way",
    ...view("sessions", {
      ...sessions,
      [endSessions]: problem(409, "already-running", "end sessions: a run for the same is under way", {
        underWay: { run: `/api/maintenance/end-sessions/${ended.id}`, startedAt: inMinutes(-3), ...asked },
      }),
    }),
    act: endTheirs(decide),
    shows: texts.underWay.show,
  },
  {
    name: "console-sessions-ended",
    ...view("sessions", {
      ...sessions,
      [`GET maintenance/end-sessions/${ended.id}`]: ok({ ...examples.endedSessions, username: undefined }),
    }),
    act: endTheirs(decide),
    shows: texts.sessions.run(undefined, "asthma-cohort"),
  },
  { name: "console-queue", ...view("queue", { "GET queue": ok(examples.queue) }), shows: "Half within" },
  {
    name: "console-queue-without-chart",
    ...view("queue", { "GET queue": ok(examples.queue) }),
    without: /\/plot-[^/]*\.js$/,
    shows: texts.queue.chart.missing,
  },
  {
    name: "console-queue-empty",
    ...view("queue", {
      "GET queue": ok({
        ...{ ...examples.queue, starting: [], waiting: [], images: [] },
        capacity: { startsAtOnce: 64, starting: 0, waiting: 0, maxDesktops: null, running: null },
      }),
    }),
    shows: texts.queue.noImages,
  },
  { name: "console-queue-loading", ...view("queue", { "GET queue": "never" }), shows: texts.loading },
  { name: "console-drift", ...view("drift", {}), ...seen("drift") },
  { name: "console-drift-looking", ...drift("never"), shows: texts.drift.looking },
  { name: "console-drift-under-way", ...drift(running), shows: texts.drift.underWay },
  { name: "console-drift-found", ...drift(ok(examples.reconcileRun)), shows: texts.drift.putRight },
  {
    name: "console-drift-none",
    ...drift(ok({ ...examples.reconcileRun, drifts: [], goes: 0 })),
    shows: texts.drift.found(0, 0, true),
  },
  {
    name: "console-drift-wrong-number",
    ...drift(ok(examples.reconcileRun)),
    act: async (page) => {
      await lookForDrift(page);
      await page.getByLabel(texts.drift.confirm(1)).fill("7");
      await page.getByRole("button", { name: texts.drift.putRight }).click();
    },
    shows: texts.drift.wrongNumber,
  },
  {
    name: "console-drift-refused",
    ...drift(ok({ ...examples.reconcileRun, goes: 12, refused: "12 desktops would go at once, more than 5 %" })),
    shows: /more than 5 %$/,
  },
  {
    name: "console-drift-put-right",
    ...drift(ok({ ...examples.reconcileRun, goes: 0 }), {
      "POST maintenance/reconcile": ok({ ...examples.reconcileRun, dryRun: false }),
    }),
    act: async (page) => {
      await lookForDrift(page);
      await page.getByRole("button", { name: texts.drift.putRight }).click();
    },
    shows: /^Put right: /,
  },
  { name: "console-maintenance", ...maintenance(examples.maintenance), shows: texts.maintenance.goals },
  {
    name: "console-maintenance-quiet",
    ...maintenance({ ...examples.maintenance, goals: [], activation: { state: "paused", by: "olga" } }),
    shows: texts.maintenance.noGoals,
  },
  {
    name: "console-maintenance-goals-unknown",
    ...maintenance({ ...examples.maintenance, goals: null, reaping: { state: "on" } }),
    shows: texts.unknown,
  },
  {
    name: "console-pause-without-reason",
    ...maintenance(examples.maintenance),
    act: (page) => page.getByRole("button", { name: texts.maintenance.switches.activation.pause }).click(),
    shows: texts.maintenance.incomplete,
  },
  {
    name: "console-health-looking",
    ...view("health", { "GET maintenance/doctor": "never" }),
    shows: texts.health.looking,
  },
  {
    name: "console-health-away",
    ...view("health", { "GET maintenance/doctor": "away" }),
    shows: /Look again in a moment/,
  },
  {
    name: "console-health",
    ...view("health", { "GET maintenance/doctor": ok(examples.doctor), "GET health/ready": ok(examples.ready) }),
    shows: texts.ready.notTold,
  },
  {
    name: "console-health-well",
    ...view("health", {
      "GET maintenance/doctor": ok({ ...examples.doctor, checks: [] }),
      "GET health/ready": ok({ ...examples.ready, reasons: [] }),
    }),
    shows: texts.ready.nothing,
  },
  {
    name: "console-health-not-ready",
    ...view("health", {
      "GET maintenance/doctor": ok(examples.doctor),
      "GET health/ready": {
        status: 503,
        body: {
          ...examples.notReady,
          ...Object.fromEntries(Object.keys(texts.ready.lists).map((each) => [each, [`one of ${each}, in words`]])),
          eventsNotUnderstood: [
            {
              type: "LOGOUT",
              reason: "no-subject",
              words: "it does not say whom it is about",
              count: 2,
              lastAt: inMinutes(-5),
            },
          ],
        },
      },
    }),
    shows: texts.ready.events,
  },
];
