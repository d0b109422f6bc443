import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { reapName } from "../../orchestrations/reap.ts";
import { reconcileName } from "../../orchestrations/reconcile.ts";
import { summarize } from "../../shared/lifecycle/survey.ts";
import { surveyDrift } from "../gather/drift.ts";
import { type Services } from "../services.ts";
import { type Instance, isCompleted, type TaskHub } from "../work/task-hub.ts";
import { keepRunning, spareIdOf } from "../work/stuck.ts";
import { surveyDesktops } from "../gather/survey.ts";
import { reapAnswer, reconcileAnswer, startedAnswer } from "./answers.ts";
import { type Answer, type Call, endpoint } from "./endpoint.ts";
import * as examples from "./examples.ts";
import { dryRun, waitUpTo } from "./input.ts";
import { type Route, tokenRoute } from "./route.ts";
import { wholeNumber } from "./shapes.ts";

const query = z.object({ dryRun, wait: waitUpTo(10) });
type Query = z.output<typeof query>;

const reconcileQuery = z.object({
  dryRun,
  wait: waitUpTo(10),
  share: wholeNumber(1, 100, "a percentage")
    .optional()
    .meta({ description: "The percentage of all desktops that this run may remove, instead of the setting" }),
});

const started = {
  words: "The run is not finished; `GET /maintenance` shows its result",
  body: startedAnswer,
  example: examples.runStarted,
};

const lookMilliseconds = 250;

/** Lets administrators start what the timers do, or see what it would do. */
export function runRoutes(services: Services): Route[] {
  return [
    tokenRoute(services, "reapNow", "maintenance/reap", {
      POST: endpoint({
        summary: "Find idle desktops and suspend them now, as the timer does",
        callers: ["admin"],
        query,
        answers: {
          200: {
            words: "With `dryRun`: what would be done. Without: what was done, if the run ended within `wait`",
            body: reapAnswer,
            example: examples.reapRun,
          },
          202: started,
        },
        handle: (call) => reapNow(services, call),
      }),
    }),
    tokenRoute(services, "reconcileNow", "maintenance/reconcile", {
      POST: endpoint({
        summary: "Compare bindings, cluster and Guacamole's rows, and repair drift now, as the timer does",
        callers: ["admin"],
        query: reconcileQuery,
        answers: {
          200: {
            words: "With `dryRun`: what would be done. Without: what was handed over, if the run ended within `wait`",
            body: reconcileAnswer,
            example: examples.reconcileRun,
          },
          202: started,
        },
        handle: (call) => reconcileNow(services, call),
      }),
    }),
  ];
}

async function reconcileNow(
  services: Services,
  { hub, query }: Call<z.output<typeof reconcileQuery>>,
): Promise<Answer> {
  const sharePercent = query.share;
  if (!query.dryRun)
    return runNow(services, hub, reconcileName, query.wait, sharePercent === undefined ? {} : { sharePercent });
  const survey = await surveyDrift(services, { sharePercent, isDry: true });
  return { status: 200, body: { dryRun: true, ...survey, failed: [] } };
}

async function reapNow(services: Services, { hub, query }: Call<Query>): Promise<Answer> {
  if (!query.dryRun) return runNow(services, hub, reapName, query.wait);
  const { at, looked, rules, due, later, toRetire, unanswered } = summarize(await surveyDesktops(services));
  return { status: 200, body: { dryRun: true, at, looked, rules, due, later, toRetire, unanswered, failed: [] } };
}

/** Starts the run unless one is under way, and waits at most `waitSeconds` for its end. */
async function runNow(
  services: Services,
  hub: TaskHub,
  name: string,
  waitSeconds: number,
  input: object = {},
): Promise<Answer> {
  const started = await keepRunning(services, hub, name, input);
  // A run that is already under way has other input: its result is not the answer to this call.
  if (started === "runs" && Object.keys(input).length > 0)
    return { status: 202, body: { dryRun: false, state: "running" } };
  const deadline = performance.now() + waitSeconds * 1_000;
  for (;;) {
    const run = await lastRun(hub, name);
    if (run?.state === "done") return { status: 200, body: { dryRun: false, ...(run.summary as object) } };
    if (run?.state === "failed" || performance.now() >= deadline)
      return { status: 202, body: { dryRun: false, state: run?.state ?? "running" } };
    await pause(lookMilliseconds);
  }
}

export interface LastRun {
  state: RunState;
  startedAt: string;
  at: string;
  summary: unknown;
}

type RunState = "running" | "done" | "failed";

/** The newest instance of a run, and what became of it; null if there never was one. */
export async function newestRun(
  hub: TaskHub,
  instanceId: string,
): Promise<{ instance: Instance; state: RunState } | null> {
  const found = [await hub.find(spareIdOf(instanceId)), await hub.find(instanceId)].filter((each) => each !== null);
  const [instance] = found.sort((one, other) => other.createdAt.getTime() - one.createdAt.getTime());
  if (!instance) return null;
  return { instance, state: instance.isUnfinished ? "running" : isCompleted(instance) ? "done" : "failed" };
}

/** Returns the newest run of that name; null if there never was one. */
export async function lastRun(hub: TaskHub, name: string): Promise<LastRun | null> {
  const found = await newestRun(hub, name);
  if (!found) return null;
  const { instance, state } = found;
  const { createdAt, updatedAt, output } = instance;
  return {
    state,
    startedAt: createdAt.toISOString(),
    at: updatedAt.toISOString(),
    summary: state === "done" ? output : null,
  };
}
