import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { reapName } from "../../orchestrations/reap.ts";
import { type ReconcileInput, reconcileName } from "../../orchestrations/reconcile.ts";
import { upkeepName } from "../../orchestrations/upkeep.ts";
import { ProductError, type UnderWay } from "../../shared/errors.ts";
import { summarize } from "../../shared/lifecycle/survey.ts";
import { surveyDrift } from "../gather/drift.ts";
import { type Services } from "../services.ts";
import { type Instance, isCompleted, type TaskHub } from "../work/task-hub.ts";
import { keepRunning, spareIdOf } from "../work/stuck.ts";
import { surveyDesktops } from "../gather/survey.ts";
import { reapAnswer, reconcileAnswer, runCounts, startedAnswer, upkeepAnswer } from "./answers.ts";
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
  confirm: wholeNumber(0, 100_000, "a number of desktops").optional().meta({
    description:
      "`goes` of a dry run that was looked at: this run removes exactly so many, whatever the share, or does nothing and says so in `refused`",
  }),
});

const started = {
  words: "The run is not finished; `GET /maintenance` shows its result",
  body: startedAnswer,
  example: examples.runStarted,
};

const lookMilliseconds = 250;

const onlyOnTime =
  "Callers with the role for timers get counts, and may neither ask for a dry run nor change or confirm what may go.";

/** Administrators get the summary of a run, and those who stand in for timers its counts. */
const summaryOr = (summary: z.ZodType) => z.union([summary, runCounts]);

/** Lets administrators, and whoever stands in for the timers, start what these do; and administrators see what it would do. */
export function runRoutes(services: Services): Route[] {
  return [
    tokenRoute(services, "reapNow", "maintenance/reap", {
      POST: endpoint({
        summary: "Find idle desktops and suspend them now, as the timer does",
        description: onlyOnTime,
        callers: ["admin", "timers"],
        query,
        answers: {
          200: {
            words: "With `dryRun`: what would be done. Without: what was done, if the run ended within `wait`",
            body: summaryOr(reapAnswer),
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
        description: onlyOnTime,
        callers: ["admin", "timers"],
        query: reconcileQuery,
        answers: {
          200: {
            words: "With `dryRun`: what would be done. Without: what was handed over, if the run ended within `wait`",
            body: summaryOr(reconcileAnswer),
            example: examples.reconcileRun,
          },
          202: started,
        },
        refuses: ["already-running"],
        handle: (call) => reconcileNow(services, call),
      }),
    }),
    tokenRoute(services, "upkeepNow", "maintenance/upkeep", {
      POST: endpoint({
        summary: "Delete finished work and records, and refresh bindings now, as the timer does",
        description: "Callers with the role for timers get counts.",
        callers: ["admin", "timers"],
        query: z.object({ wait: waitUpTo(10) }),
        answers: {
          200: {
            words: "What was done, if the run ended within `wait`",
            body: summaryOr(upkeepAnswer),
            example: examples.upkeepRun,
          },
          202: { ...started, example: examples.upkeepStarted },
        },
        handle: (call) => runNow(services, call, upkeepName, {}),
      }),
    }),
  ];
}

async function reconcileNow(services: Services, call: Call<z.output<typeof reconcileQuery>>): Promise<Answer> {
  const { dryRun: isDry, share: sharePercent, confirm: confirmed } = call.query;
  refuseChoices(call, isDry || sharePercent !== undefined || confirmed !== undefined);
  if (!isDry) {
    const input = {
      ...(sharePercent !== undefined && { sharePercent }),
      ...(confirmed !== undefined && { confirmed }),
    };
    return runNow(services, call, reconcileName, { dryRun: false }, input);
  }
  const survey = await surveyDrift(services, { sharePercent, confirmed, isDry });
  return { status: 200, body: { dryRun: true, ...survey, failed: [] } };
}

async function reapNow(services: Services, call: Call<Query>): Promise<Answer> {
  refuseChoices(call, call.query.dryRun);
  if (!call.query.dryRun) return runNow(services, call, reapName, { dryRun: false });
  const { at, looked, rules, due, later, toRetire, unanswered } = summarize(await surveyDesktops(services));
  return { status: 200, body: { dryRun: true, at, looked, rules, due, later, toRetire, unanswered, failed: [] } };
}

/** Who stands in for a timer may do what it does, and no more: neither read about people nor lift a limit. */
function refuseChoices({ caller }: Pick<Call, "caller">, areMade: boolean): void {
  if (caller === "timers" && areMade)
    throw new ProductError("not-allowed", "dryRun, share and confirm are for administrators (leave them out)");
}

/** A run as it is asked for. */
interface Asked<Input extends object> {
  name: string;
  input: Input;
  instanceId?: string;
  /** True if the run under way does what is asked for. */
  isSame: (underWay: Input) => boolean;
  /** Says what is under way instead, and where that is shown. */
  describe: (underWay: Input, startedAt: string) => { words: string } & Omit<UnderWay, "startedAt">;
}

/** A run may end between the attempt to start one and the look at it. */
const mostStarts = 3;

/**
 * Starts a run, or joins the one under way. Of several that are asked for at the same time the task hub may accept all and run
 * one, so what runs is looked at in any case.
 *
 * @throws `already-running` if that does something else: what is asked for would be dropped
 */
export async function beginRun<Input extends object>(
  services: Services,
  hub: TaskHub,
  { name, input, instanceId = name, isSame, describe }: Asked<Input>,
): Promise<"begun" | "joined"> {
  for (let starts = 1; ; starts += 1) {
    const begun = await keepRunning(services, hub, name, input, instanceId);
    const found = await newestRun(hub, instanceId);
    if (found?.state === "running") {
      const { input: underWay, createdAt } = found.instance;
      if (isSame(underWay as Input)) return begun === "runs" ? "joined" : "begun";
      const startedAt = createdAt.toISOString();
      const { words, ...run } = describe(underWay as Input, startedAt);
      throw new ProductError("already-running", words, { underWay: { ...run, startedAt } });
    }
    if (begun !== "runs") return "begun";
    if (starts === mostStarts)
      throw new ProductError("already-running", `start ${name}: others keep starting it (ask again)`);
  }
}

function sayLimits({ sharePercent, confirmed }: ReconcileInput): string {
  const said = [
    ...(sharePercent === undefined ? [] : [`share=${sharePercent}`]),
    ...(confirmed === undefined ? [] : [`confirm=${confirmed}`]),
  ];
  return said.length > 0 ? `with ${said.join(" and ")}` : "with neither share nor confirm";
}

/**
 * Starts the run unless one is under way, and waits at most `wait` seconds for its end.
 *
 * @param mark what every answer about this kind of run says first
 */
async function runNow(
  services: Services,
  { hub, caller, query }: Call<{ wait: number }>,
  name: string,
  mark: { dryRun?: false },
  input: ReconcileInput = {},
): Promise<Answer> {
  await beginRun(services, hub, {
    ...{ name, input },
    // Who sets no limits asks for nothing that the run under way lacks.
    isSame: (underWay) => Object.keys(input).length === 0 || sayLimits(underWay) === sayLimits(input),
    describe: (underWay, startedAt) => ({
      words: `${name}: a run is under way since ${startedAt}, ${sayLimits(underWay)} (ask again when it has ended: GET /maintenance shows it)`,
      run: "/api/maintenance",
    }),
  });
  const deadline = performance.now() + query.wait * 1_000;
  for (;;) {
    const run = await lastRun(hub, name);
    if (run?.state === "done") {
      const summary = run.summary as Summary;
      return { status: 200, body: caller === "timers" ? countsOf(summary) : { ...mark, ...summary } };
    }
    if (run?.state === "failed" || performance.now() >= deadline)
      return { status: 202, body: { ...mark, state: run?.state ?? "running" } };
    await pause(lookMilliseconds);
  }
}

type Summary = { at: string; refused?: string } & Readonly<Record<string, unknown>>;

/** A summary without names of people: the length of each list, and each number. */
function countsOf({ at, refused, ...summary }: Summary): z.output<typeof runCounts> {
  const counts = Object.entries(summary).flatMap(([field, value]): [string, number][] => {
    if (typeof value === "number") return [[field, value]];
    return Array.isArray(value) ? [[field, value.length]] : [];
  });
  return { state: "done", at, counts: { ...Object.fromEntries(counts), ...(refused !== undefined && { refused: 1 }) } };
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
