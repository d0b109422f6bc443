import type { Page } from "playwright-core";
import type { z } from "zod";
import type { desktopAnswer, operationAnswerBody, workspacesAnswer } from "../../../functions/http/answers.ts";
import { desktopState } from "../../../functions/http/answers.ts";
import * as examples from "../../../functions/http/examples.ts";
import { texts } from "../../../portal/texts.ts";
import type { Rule } from "../../../shared/desktop/decision.ts";
import { explainEnd, explainNext, explainState } from "../../../shared/person/explain.ts";
import { explainCode } from "../../../shared/person/explain-codes.ts";
import type { Why } from "../../../shared/person/why.ts";
import {
  type Answer,
  type Answers,
  askForDesktop,
  inMinutes,
  ok,
  ownDesktop,
  ownWorkspaces,
  problem,
  type State,
  underWay,
} from "./state.ts";

type Desktop = z.input<typeof desktopAnswer>;
type Operation = z.input<typeof operationAnswerBody>;
type Workspace = z.input<typeof workspacesAnswer>["workspaces"][number];

const asthma: Workspace = {
  ...{ workspace: "asthma-cohort", displayName: "Asthma cohort", description: "Asthma in England, 2010 to 2025" },
  ...{ entitled: true, until: "2099-12-31" },
};
const registry: Workspace = { ...asthma, workspace: "cancer-registry", displayName: "Cancer registry" };
const flu: Workspace = {
  ...{ workspace: "flu-season-2023", displayName: "Flu season 2023", description: "Influenza in the winter of 2023" },
  ...{ entitled: false, code: "workspace-expired", reason: "flu-season-2023 ended after 2024-04-30" },
  explanation: explainCode("workspace-expired", { date: "2024-04-30" }),
};
const none: Desktop = {
  ...{ username: "alice", workspace: null, wanted: null, state: "absent" },
  ...{ reason: "no desktop was ever requested", explanation: explainState("absent", undefined) },
};
const longest = {
  ...({ at: inMinutes(180), action: "suspend", cause: "longest-session", minutes: 540 } as const),
  reason: "it may run for at most 540 minutes, in use or not",
};
const running: Desktop = {
  ...{ username: "alice", workspace: "asthma-cohort", wanted: "asthma-cohort", state: "in-use" },
  ...{ reason: `somebody has been connected since ${inMinutes(-149)}`, url: "https://guacamole.example/#/client/MQ" },
  ...{ endsAt: longest.at, endsBecause: longest.reason, endsExplanation: explainNext(longest) },
  ...{ mayExtendUntil: inMinutes(420), explanation: explainState("in-use", undefined) },
};
const starting: Desktop = {
  ...{ username: "alice", workspace: null, wanted: "asthma-cohort", state: "starting" },
  ...{
    operation: examples.runningOperation.id,
    reason: "the container is not ready yet",
    explanation: explainState("starting", undefined),
  },
};
const operation: Operation = {
  ...{ id: examples.runningOperation.id, username: "alice", workspace: "asthma-cohort" },
  ...{ requestedAt: inMinutes(-1), state: "running", seen: "1a3da3ed6de8", usuallyReadyWithinSeconds: 48 },
};
/** Those of a first start: orchestrations/activation.ts. */
const usualSteps = [
  ...["entitlement", "admission", "before", "credential and network", "deployment", "readiness"],
  ...["connection", "permission", "binding status"],
];
const progressOf = (steps: string[], step: string) => ({
  ...{ step, number: steps.indexOf(step) + 1, of: steps.length, since: inMinutes(-1), steps },
});
const progress = progressOf(usualSteps, "readiness");
const failure = {
  workspace: "asthma-cohort",
  code: "cannot-start",
  at: inMinutes(-2),
  step: "readiness",
  explanation: explainCode("cannot-start", { fault: "image" }),
};

function portal(desktop: Answer, workspaces: readonly Workspace[] = [asthma, registry, flu], more: Answers = {}) {
  const listed = ok({ username: "alice", workspaces });
  return { path: "/", answers: { [ownDesktop]: desktop, [ownWorkspaces]: listed, ...more } };
}
function start(told: Partial<Operation>) {
  const asked = { [`GET operations/${operation.id}`]: underWay({ ...operation, ...told }) };
  return { ...portal(ok(starting), undefined, asked), shows: "Starting Asthma cohort" };
}
function ended(action: "suspend" | "retire", rule: Rule | undefined, reason: string, why: Why) {
  const explanation = explainEnd({ action, reason, why });
  const at = inMinutes(-4);
  const end = { workspace: "asthma-cohort", at, action, rule, reason, explanation, operation: operation.id };
  return portal(ok({ ...none, ended: end }));
}
const ready = { shows: "Asthma cohort is ready" };
const unanswered = {
  act: (page: Page) => page.getByRole("button", { name: /^Start Asthma/ }).click(),
  shows: texts.refused.again,
};
const workspacesShown = { shows: "Your workspaces" };

/** Every state of the portal. A test finds a text that is in none of them. */
export const portalStates: readonly State[] = [
  { name: "signing-in", path: "/", answers: {}, without: /\.js$/, isStatic: true, shows: "You are being signed in …" },
  { name: "sign-in-failed", path: "/", answers: {}, without: /\/token$/, shows: texts.failed.away },
  {
    name: "sign-in-odd",
    ...{ path: "/", answers: {} },
    act: async (page) => {
      const odd = { status: 500, headers: { "access-control-allow-origin": "*" }, body: "" };
      await page.route("**/.well-known/openid-configuration", (route) => route.fulfill(odd));
      await page.reload();
    },
    shows: texts.failed.body,
  },
  { name: "service-away-at-first", ...portal("away"), shows: /^Nothing can be shown yet/ },
  { name: "start-without-answer", ...portal(ok(none), undefined, { [askForDesktop]: "away" }), ...unanswered },
  { name: "accessibility", path: "/accessibility", answers: {}, shows: "Accessibility statement" },
  { name: "loading", path: "/", answers: { [ownDesktop]: "never" }, shows: texts.workspaces.loading },
  { name: "workspaces", ...portal(ok(none)), ...workspacesShown },
  { name: "no-open-workspace", ...portal(ok(none), [flu]), shows: texts.workspaces.noneOpen },
  { name: "no-workspace", ...portal(ok(none), []), shows: texts.workspaces.none },
  {
    name: "workspaces-in-every-state",
    ...portal(
      ok(none),
      desktopState.options.map((state) => ({
        ...{ ...asthma, workspace: state, displayName: `Study ${state}` },
        desktop: { state, reason: "why this desktop is in this state", explanation: explainState(state, undefined) },
      })),
    ),
    shows: "Study unknown",
  },
  {
    name: "long-names",
    ...portal(ok(none), [
      { ...asthma, displayName: "Pneumonoultramicroscopicsilicovolcanoconiosis-registry-of-England-and-Wales" },
      { ...flu, reason: `ErrImagePull: ${"registry.example.org/".repeat(6)}desktop:2026-11-24` },
    ]),
    shows: /Pneumono/,
  },
  {
    name: "failed",
    ...portal(
      ok({
        ...none,
        lastFailure: { ...failure, reason: "ErrImagePull: manifest unknown", operation: operation.id },
      }),
    ),
    shows: texts.happened.failed("Asthma cohort"),
  },
  {
    name: "failed-unknown-workspace",
    ...portal(ok({ ...none, lastFailure: { ...failure, workspace: null, reason: "the API server does not answer" } })),
    shows: texts.happened.failed(texts.happened.yours),
  },
  {
    name: "refused",
    ...portal(
      ok({
        ...none,
        lastRefusal: {
          ...{ workspace: "flu-season-2023", at: inMinutes(-3), code: "workspace-expired" },
          ...{ reason: flu.reason, explanation: flu.explanation },
        },
      }),
    ),
    shows: texts.happened.refused("Flu season 2023"),
  },
  {
    name: "stopped",
    ...ended("suspend", "idle", "nobody has been connected for more than 60 minutes", {
      ...{ kind: "rule", rule: "idle", minutes: 60 },
    }),
    shows: texts.happened.stopped("Asthma cohort"),
  },
  {
    name: "removed",
    ...ended("retire", undefined, "the study is over", {
      kind: "administrator",
      by: "olga",
      note: "the study is over",
    }),
    shows: texts.happened.removed("Asthma cohort"),
  },
  {
    name: "reference-copied",
    ...portal(ok({ ...none, lastFailure: { ...failure, reason: "it failed", operation: operation.id } })),
    act: async (page) => {
      await page.evaluate("navigator.clipboard.writeText = () => Promise.resolve()");
      await page.getByRole("button", { name: texts.copy }).click();
    },
    shows: texts.copied,
  },
  {
    name: "reference-not-copied",
    ...portal(ok({ ...none, lastFailure: { ...failure, reason: "it failed", operation: operation.id } })),
    act: async (page) => {
      await page.evaluate("navigator.clipboard.writeText = () => Promise.reject(new Error('not allowed'))");
      await page.getByRole("button", { name: texts.copy }).click();
    },
    shows: texts.copyYourself,
  },
  {
    name: "starting-queued",
    ...start({ admission: { place: 12, of: 30, expectedFromSeconds: 90, expectedToSeconds: 240 } }),
  },
  {
    name: "starting",
    ...start({ progress: { ...progress, message: "the container is running but not ready yet" } }),
    act: (page) => page.getByText(texts.starting.details).click(),
    shows: "the container is running but not ready yet",
  },
  {
    name: "starting-said-nothing",
    // With every step that any start has.
    ...start({
      progress: progressOf(Object.keys(texts.steps), "readiness"),
      note: "the server was stopped; the work goes on",
    }),
    act: (page) => page.getByText(texts.starting.details).click(),
    shows: texts.starting.nothing,
  },
  {
    name: "starting-elsewhere",
    ...start({ progress }),
    shows: texts.starting.elsewhere,
  },
  {
    name: "starting-here",
    ...start({ progress }),
    act: async (page) => {
      await page.evaluate(`sessionStorage.setItem("portal.opens", ${JSON.stringify(operation.id)})`);
      await page.reload();
    },
    shows: texts.starting.stays,
  },
  {
    name: "starting-undone",
    ...start({ progress: { ...progress, undoing: { failedStep: "readiness", code: "cannot-start" } } }),
    shows: texts.starting.undoing,
    hides: /Usually ready/,
  },
  { name: "running", ...portal(ok(running)), ...ready },
  { name: "running-without-end", ...portal(ok({ ...running, endsAt: undefined, state: "ready" })), ...ready },
  {
    name: "running-kept",
    ...portal(ok({ ...running, kept: { workspace: "asthma-cohort", until: inMinutes(240), by: "alice" } })),
    ...ready,
  },
  {
    name: "running-kept-until-its-end",
    ...portal(
      ok({
        ...{ ...running, endsAt: inMinutes(240) },
        kept: { workspace: "asthma-cohort", until: inMinutes(240), by: "alice" },
        endsBecause: "its person keeps it until then; after that: nobody is connected, which is allowed for 60 minutes",
        endsExplanation: explainNext({ ...longest, cause: "idle", minutes: 60, kept: { by: "alice", byPerson: true } }),
      }),
    ),
    ...ready,
  },
  {
    name: "running-sign-in-again",
    ...portal(
      ok({
        ...running,
        signInAgain: {
          reason:
            "a browser that is signed in to Guacamole as cancer-registry@alice does not see this desktop: log out of Guacamole there (its menu, Logout) and sign in again, as asthma-cohort@alice",
          ...{ from: "cancer-registry@alice", to: "asthma-cohort@alice", logout: "https://guacamole.example/" },
        },
      }),
    ),
    shows: texts.running.signInAgain,
  },
  ...[9, 1, 0].map((minutes) => ({
    name: `running-${minutes}-minutes-left`,
    ...portal(
      ok({ ...running, endsAt: inMinutes(minutes), mayExtendUntil: minutes === 9 ? inMinutes(120) : undefined }),
    ),
    shows: texts.running.soonTitle,
  })),
  {
    name: "switch",
    ...portal(ok(running)),
    act: (page) => page.getByRole("button", { name: /^Switch to this/ }).click(),
    shows: texts.switching.title("Cancer registry"),
  },
  {
    name: "start-not-accepted",
    ...portal(ok(none), undefined, {
      [askForDesktop]: problem(503, "activation-paused", "activation is paused by olga: the cluster is upgraded"),
    }),
    act: (page) => page.getByRole("button", { name: /^Start Asthma/ }).click(),
    shows: texts.refused.title,
  },
  {
    name: "network-lost",
    ...{ path: "/", answers: { ...portal(ok(none)).answers, [ownDesktop]: [ok(none), "away"] } },
    act: async (page) => {
      await page.getByRole("heading", { level: 1, name: "Your workspaces" }).waitFor();
      await page.evaluate("dispatchEvent(new Event('offline'))");
    },
    shows: /^What you see may be old/,
  },
  {
    name: "broken",
    ...portal(ok(none)),
    act: async (page) => {
      await page.getByRole("heading", { level: 1, name: "Your workspaces" }).waitFor();
      await page.evaluate("void Promise.reject(new TypeError('state is not a function'))");
    },
    shows: texts.broken.title,
  },
  {
    name: "signing-out",
    ...portal(ok(none)),
    act: async (page) => {
      await page.getByRole("heading", { level: 1, name: "Your workspaces" }).waitFor();
      await page.evaluate("new BroadcastChannel('portal.news').postMessage('signing out')");
    },
    shows: texts.signingOut.title,
  },
  {
    name: "signed-out",
    path: "/",
    answers: { [ownDesktop]: problem(401, "not-authenticated", "the token has expired") },
    shows: texts.signedOut.title,
  },
];
