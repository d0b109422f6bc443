import type { Task } from "durable-functions";
import type {
  ActivityTaking,
  Facts,
  ObservedRun,
  OutputOf,
  PlannedRun,
  Run,
  Sighting,
} from "../shared/desktop/activities.ts";
import { isRefusal, type Refusal } from "../shared/errors.ts";
import { rowsFor, type VersionRange } from "./versions.ts";
import { type Problem, problemIn, problemOf, type Workflow } from "./workflow.ts";

/** The host fails an orchestration whose custom status exceeds 16 KB; a cluster's message can have any length. */
const longestMessage = 1_000;

/**
 * A look takes at most as long, with its retries and the pause before it. A clock that is set forward or back during a wait
 * neither ends it nor makes it longer than that.
 */
const longestLookMilliseconds = 120_000;

/** An activity whose input is what a run knows. */
type RunActivity = ActivityTaking<ObservedRun>;
/** An activity that does its work in one call, and may return facts. */
type StepActivity = {
  [Name in RunActivity]: OutputOf<Name> extends Partial<Facts> | Refusal | null ? Name : never;
}[RunActivity];
/** An activity that returns what it saw. */
type PollActivity = { [Name in RunActivity]: OutputOf<Name> extends Sighting ? Name : never }[RunActivity];

/** The input of a step. `inOrder` checks that it is enough for the step's activities. */
export type KnownRun = Run & Partial<Facts>;

interface DoStep {
  do: StepActivity;
}
interface PollStep {
  poll: PollActivity;
  withinSeconds: (run: PlannedRun) => number;
  late: Problem["code"];
}

/** How long a step is tried again, beyond its retries, while a system is away: from the step's begin on. */
interface Patience {
  whileCodes: readonly Problem["code"][];
  withinSeconds: (run: KnownRun) => number;
}

/**
 * One row of a saga: its name for people, what is done or waited for, and what undoes it. A row that has nothing to do in
 * this run (`when`) is left out, and so is its undo.
 */
export type Step = VersionRange & {
  name: string;
  undo?: StepActivity;
  when?: (run: KnownRun) => boolean;
  patience?: Patience;
} & (DoStep | PollStep);

type ActivitiesOf<Row extends Step> = Row[Extract<keyof Row, "do" | "poll" | "undo">];
type FactsOf<Row extends Step> = Row extends DoStep ? Exclude<OutputOf<Row["do"]>, Refusal | null> : never;

/**
 * The name of the first row with an activity whose input the rows above it do not provide; `never` if there is none.
 */
type TooEarly<Rows extends readonly Step[], Known = Run> = Rows extends readonly [
  infer Row extends Step,
  ...infer Rest extends readonly Step[],
]
  ? ActivitiesOf<Row> extends ActivityTaking<Known>
    ? TooEarly<Rest, [FactsOf<Row>] extends [never] ? Known : Known & FactsOf<Row>>
    : Row["name"]
  : never;

/**
 * Returns the table unchanged. The compiler refuses it, and names the row, if a row needs what the rows above it do not
 * provide. Versions are ignored: every row counts.
 */
export function inOrder<const Rows extends readonly Step[]>(
  rows: Rows & ([TooEarly<Rows>] extends [never] ? unknown : { tooEarly: TooEarly<Rows> }),
): readonly Step[] {
  return rows;
}

export type SagaResult =
  | { state: "done"; facts: Partial<Facts> }
  | { state: "failed"; step: string; problem: Problem; undone: string[]; leftBehind: string[] };

/**
 * Runs the steps of the orchestration's version in order. Each gets the facts of the ones before it. If one fails, it
 * and all before it are undone, newest first; an undo that fails does not stop the others and is listed in
 * `leftBehind`.
 *
 * @param stillWanted called at every poll of a wait; a run that is no longer wanted fails with `request-changed`
 */
export function* runSaga(
  workflow: Workflow,
  table: readonly Step[],
  start: Run,
  stillWanted: () => Generator<Task, boolean>,
): Generator<Task, SagaResult> {
  let facts: Partial<Facts> = {};
  const begun: Step[] = [];
  const steps = rowsFor(workflow, table);
  // What was begun before replays every row, and failed at once.
  const isNew = !workflow.startedBefore("1.2");

  // People read how many steps there are: of the rows with a condition, those that run count.
  let names = steps.filter(({ when }) => !when || !isNew).map(({ name }) => name);

  for (const step of steps) {
    const input = { ...start, ...facts };
    if (step.when && isNew) {
      if (!step.when(input)) continue;
      names = names.toSpliced(begun.length, 0, step.name);
    }
    const position = {
      requestId: start.request.id,
      step: step.name,
      number: begun.length + 1,
      of: names.length,
      steps: names,
    };
    const since = workflow.now().toISOString();
    const report = (message?: string) => {
      workflow.report({ ...position, since, message: message?.slice(0, longestMessage) });
    };

    report();
    begun.push(step); // before the call: one that timed out may have taken effect
    const result = yield* perform(workflow, step, input, { report, stillWanted });
    if ("problem" in result) {
      workflow.report({ ...position, since, undoing: { failedStep: step.name, code: result.problem.code } });
      const ends = yield* undo(workflow, begun.reverse(), input);
      return { state: "failed", step: step.name, problem: result.problem, ...ends };
    }
    facts = { ...facts, ...result.facts };
  }
  return { state: "done", facts };
}

interface Watcher {
  report: (message: string) => void;
  stillWanted: () => Generator<Task, boolean>;
}

function* perform(
  workflow: Workflow,
  step: Step,
  input: KnownRun,
  watcher: Watcher,
): Generator<Task, { facts: Partial<Facts> } | { problem: Problem }> {
  const patience = workflow.startedBefore("1.2") ? undefined : step.patience;
  const until = workflow.now().getTime() + (patience?.withinSeconds(input) ?? 0) * 1_000;
  const wait: Wait = { milliseconds: 0 };
  for (;;) {
    try {
      if ("poll" in step) return yield* waitFor(workflow, step, input, watcher, wait);
      const output = yield* workflow.call(step.do, input);
      if (isRefusal(output)) return { problem: problemIn(output) };
      return { facts: output ?? {} };
    } catch (error) {
      const problem = problemOf(error);
      const isWorthIt = patience?.whileCodes.includes(problem.code) === true && workflow.now().getTime() < until;
      if (!isWorthIt) return { problem };
      watcher.report(problem.reason);
      wait.wasInterrupted = true;
    }
    if (yield* wasReplaced(watcher)) return { problem: { code: "request-changed", reason: tookItsPlace } };
    yield* workflow.waitForNews(patiencePauseSeconds);
  }
}

/** False also if it cannot be found out now: the system that is away may be the one that knows. */
function* wasReplaced({ stillWanted }: Watcher): Generator<Task, boolean> {
  try {
    return !(yield* stillWanted());
  } catch {
    return false;
  }
}

const tookItsPlace = "a newer request of this person took its place";
const patiencePauseSeconds = 10;

/** How long a wait has taken. The time of an outage, when nobody could look, does not count. */
interface Wait {
  milliseconds: number;
  wasInterrupted?: boolean;
  /** When the first look after the last outage began. */
  answersSince?: string;
}

/**
 * What happened during an outage of the API server shows a little later: kubelets report again, and controllers take up their
 * work, within seconds of its end (leases of 15 s, a node's status every 10 s). So a wait ends with a minute without an
 * outage; if there is none because outages follow each other, the step's patience bounds it.
 */
const leftAfterOutageMilliseconds = 60_000;

/** Polls with a short activity until it sees what is waited for, refuses, or time is up. */
function* waitFor(
  workflow: Workflow,
  step: PollStep,
  input: KnownRun,
  { report, stillWanted }: Watcher,
  wait: Wait,
): Generator<Task, { facts: Partial<Facts> } | { problem: Problem }> {
  const { plan } = input;
  if (!plan) throw new Error(`wait for ${step.poll}: there is no plan yet (call the step that makes it first)`);
  const isNew = !workflow.startedBefore("1.2");
  const run = { ...input, plan, ...(isNew && { looks: "once" as const }) };
  const seconds = step.withinSeconds(run);
  const limit = seconds * 1_000;
  let last = workflow.now().getTime();

  for (;;) {
    if (wait.wasInterrupted) wait.answersSince = workflow.now().toISOString();
    const { answersSince } = wait;
    const sighting: Sighting = yield* workflow.call(step.poll, { ...run, ...(answersSince && { answersSince }) });
    const now = workflow.now().getTime();
    wait.milliseconds += Math.min(Math.max(now - last, 0), longestLookMilliseconds);
    last = now;
    if (wait.wasInterrupted) {
      wait.milliseconds = Math.min(wait.milliseconds, limit - leftAfterOutageMilliseconds);
      wait.wasInterrupted = false;
    }
    if (isRefusal(sighting)) return { problem: problemIn(sighting) };
    if (sighting.seen === "ready") return { facts: sighting.started ? { started: sighting.started } : {} };

    report(sighting.message);
    if (!isNew && !(yield* stillWanted())) return { problem: { code: "request-changed", reason: tookItsPlace } };
    if (wait.milliseconds >= limit) {
      const uncounted = answersSince ? ", outages not counted" : "";
      return { problem: { code: step.late, reason: `not there after ${seconds} s${uncounted}: ${sighting.message}` } };
    }
    if (!sighting.againInSeconds) continue;
    if (isNew) yield* workflow.waitForNews(sighting.againInSeconds);
    else yield* workflow.pause(sighting.againInSeconds);
  }
}

function* undo(
  workflow: Workflow,
  newestFirst: readonly Step[],
  input: KnownRun,
): Generator<Task, { undone: string[]; leftBehind: string[] }> {
  const undone: string[] = [];
  const leftBehind: string[] = [];
  for (const step of newestFirst) {
    if (!step.undo) continue;
    try {
      yield* workflow.call(step.undo, input);
      undone.push(step.name);
    } catch (error) {
      leftBehind.push(`${step.name}: ${problemOf(error).reason}`);
    }
  }
  return { undone, leftBehind };
}
