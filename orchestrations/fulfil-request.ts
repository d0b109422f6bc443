import { generationOf, isReplaced, settleMilliseconds } from "../shared/person/work.ts";
import { isUnfinished } from "../shared/person/left-to-do.ts";
import { outcomeOf } from "../shared/person/outcomes.ts";
import type { Setback } from "../shared/person/trouble.ts";
import type { Task } from "durable-functions";
import type { Started } from "../shared/desktop/activities.ts";
import type { KnownDesktop } from "../shared/desktop/known-desktop.ts";
import type { DesktopRequest, Outcome, DesktopRetirement, PersonRecord } from "../shared/person/record.ts";
import { activationSteps } from "./activation.ts";
import { reviewDesktop } from "./review.ts";
import { retirementSteps } from "./retirement.ts";
import { runSaga } from "./saga.ts";
import { suspensionSteps } from "./suspension.ts";
import { type Leftover, type ReportStep, setbackIn, takeDown, type TakeDownStep } from "./take-down.ts";
import { fenced, problemOf, type Workflow } from "./workflow.ts";

/** The orchestration's name. Its instance id is derived from the person: that is the lock. */
export const fulfilRequestName = "fulfilRequest";

export interface FulfilRequestInput {
  username: string;
}

/**
 * Fulfils what the person wants. It reads the newest request, retires desktops that are to be removed, runs the saga
 * for the request, performs pending reviews, records each outcome, and reads the record again before it ends. What was
 * tried in vain comes last, so that it delays nothing else. What fails and has to hold in the end stays in the record: the
 * wake timer starts the next try.
 *
 * @returns true if there is more work
 */
export function* fulfilRequest(hub: Workflow, { username }: FulfilRequestInput): Generator<Task, boolean> {
  hub.showLastLook(true);
  const record = yield* hub.call("readRequest", { username });
  if (!record || !isUnfinished(record) || isReplaced(record, hub.instanceId)) return false;
  hub.showLastLook(false);
  // The request may change while it waits: it starts again, and reads the record again.
  if ((yield* waitForReplaced(hub, record)) === "waited") return true;
  const workflow = fenced(hub, { username, generation: generationOf(record) });
  const { request, removals = [], reviews = [] } = record;
  const settled = outcomeOf(record) !== undefined;

  for (const removal of removals) if (!removal.trouble) yield* retireOne(workflow, username, removal);
  if (!settled) {
    const ended = yield* fulfil(workflow, request);
    const isLast = !hub.startedBefore("1.2") && reviews.length === 0 && removals.every(({ trouble }) => !trouble);
    if (isLast) workflow.showLastLook(true);
    const newest = yield* workflow.call("recordOutcome", { username, requestId: request.id, ...ended });
    // It returns the record as it wrote it: reading it again would say the same.
    if (isLast) return hasMore(record, newest);
  }
  for (const removal of removals) if (removal.trouble) yield* retireOne(workflow, username, removal);
  if (settled) yield* tidyUp(workflow, record);

  for (const review of reviews)
    yield* reviewDesktop(workflow, username, review, reporter(workflow, review, "reviewing"));

  workflow.showLastLook(true);
  return hasMore(record, yield* workflow.call("readRequest", { username }));
}

/** True if the newest record has anything to do that the one which was worked on had not. */
function hasMore({ request, removals = [], reviews = [] }: PersonRecord, newest: PersonRecord | null): boolean {
  const known = new Set([...removals, ...reviews].map(({ id }) => id));
  const left = [...(newest?.removals ?? []), ...(newest?.reviews ?? [])];
  return left.some(({ id }) => !known.has(id)) || (newest !== null && newest.request.id !== request.id);
}

/**
 * Waits until no activity of a replaced generation can be under way. If the clock was put back since, the time to wait for is
 * too far ahead, and the longest wait is enough.
 */
function* waitForReplaced(workflow: Workflow, { work }: PersonRecord): Generator<Task, "waited" | "ready"> {
  const left = work ? Date.parse(work.notBefore) - workflow.now().getTime() : 0;
  if (left <= 0) return "ready";
  yield* workflow.pause(Math.min(left, settleMilliseconds) / 1_000);
  return left <= settleMilliseconds ? "waited" : "ready";
}

function* retireOne(workflow: Workflow, username: string, removal: DesktopRetirement): Generator<Task, void> {
  const outcome = yield* remove(workflow, username, removal);
  yield* workflow.call("recordRemoval", { username, id: removal.id, outcome });
}

/** Tries again what a request that has ended left to do. */
function* tidyUp(workflow: Workflow, { request, others, rollback }: PersonRecord): Generator<Task, void> {
  const { username } = request;
  if (rollback) {
    const { id, workspace } = rollback;
    const [setback = null] = yield* rollBack(workflow, { id, username, workspace });
    yield* workflow.call("recordRollback", { username, id, setback });
  }
  if (others) {
    const { id, except } = others;
    const { leftovers, tookDown } = yield* suspendActive(workflow, { id, username }, except);
    const [setback = null] = leftovers;
    yield* workflow.call("recordOthers", { username, id, setback, tookDown });
  }
}

/** Takes down what a failed activation left behind, and gives back the access that it took. */
function* rollBack(
  workflow: Workflow,
  { id, username, workspace }: { id: string; username: string; workspace: string },
): Generator<Task, Leftover[]> {
  const report = reporter(workflow, { id, workspace }, "undoing what was begun of");
  try {
    const { desktop, goes, giveBack } = yield* workflow.call("planRollback", { username, workspace });
    const steps = { retire: retirementSteps, suspend: suspensionSteps, stay: [] }[goes];
    const leftovers = yield* takeDown(workflow, steps, desktop, report);
    if (leftovers.length > 0) return leftovers;
    for (const other of giveBack) yield* workflow.call("giveBackPermission", other);
    return [];
  } catch (error) {
    return [{ step: "other desktops", ...problemOf(error) }];
  }
}

/** How a request ended, and why the person's other desktops are still active. */
interface Fulfilled {
  outcome: Outcome;
  others?: Setback | undefined;
  started?: Started | undefined;
}

function* fulfil(workflow: Workflow, request: DesktopRequest): Generator<Task, Fulfilled> {
  if (request.retire) return { outcome: yield* retireAll(workflow, request) };
  if (request.workspace === null) return { outcome: yield* suspendAll(workflow, request) };
  return yield* activate(workflow, request);
}

function* activate(workflow: Workflow, request: DesktopRequest): Generator<Task, Fulfilled> {
  const stillWanted = function* () {
    const newest = yield* workflow.call("readRequest", { username: request.username });
    return newest?.request.id === request.id;
  };
  const result = yield* runSaga(workflow, activationSteps, { request }, stillWanted);

  if (result.state === "failed") {
    const at = workflow.now().toISOString();
    const { step, problem, undone, leftBehind } = result;
    if (problem.code === "request-changed" && leftBehind.length === 0)
      return { outcome: { state: "superseded", at, reason: problem.reason } };
    return { outcome: { state: "failed", at, ...problem, step, undone, leftBehind } };
  }

  const { url, elsewhere, started } = result.facts;
  // Only now that the new desktop is up does the previous one go down. A failure here does not affect the new one.
  const { leftovers, tookDown } =
    elsewhere === false ? nothing : yield* suspendActive(workflow, request, request.workspace ?? undefined);
  const message =
    leftovers.length === 0
      ? "the desktop is ready"
      : `the desktop is ready; left behind of the previous one, and tried again: ${describe(leftovers)}`;
  const at = workflow.now().toISOString();
  return { outcome: { state: "done", at, message, url, tookDown }, others: leftovers[0], started };
}

function* suspendAll(workflow: Workflow, request: DesktopRequest): Generator<Task, Outcome> {
  return endOf(workflow, yield* suspendActive(workflow, request), "no desktop of this person runs");
}

function* retireAll(workflow: Workflow, request: DesktopRequest): Generator<Task, Outcome> {
  const { username } = request;
  const stays: string[] = [];
  const taken = yield* takeDownAll(workflow, request, {
    list: () => workflow.call("listDesktops", { username }),
    steps: retirementSteps,
    words: "removing",
    keeps: (more) => stays.push(...more),
  });
  return endOf(workflow, taken, `nothing of this person is left${exceptFor(stays)}`);
}

function* remove(workflow: Workflow, username: string, { id, workspace }: DesktopRetirement): Generator<Task, Outcome> {
  const stays: string[] = [];
  const taken = yield* takeDownAll(
    workflow,
    { id },
    {
      list: () => workflow.call("listDesktops", { username, workspace }),
      steps: retirementSteps,
      words: "removing",
      keeps: (more) => stays.push(...more),
    },
  );
  return endOf(workflow, taken, `nothing of the desktop in ${workspace} is left${exceptFor(stays)}`);
}

/** Rows in Guacamole that other people or programs made something of; they are not removed. */
function exceptFor(stays: readonly string[]): string {
  return stays.length === 0 ? "" : `, except ${stays.join("; ")}: remove it in Guacamole if nobody needs it`;
}

function endOf(workflow: Workflow, { leftovers, tookDown }: TakenDown, message: string): Outcome {
  const at = workflow.now().toISOString();
  const first = leftovers[0];
  if (!first) return { state: "done", at, message, tookDown };
  const { code, reason, step } = first;
  const leftBehind = leftovers.map(({ step }) => step);
  return { state: "failed", at, code, reason, step, undone: [], leftBehind, tookDown };
}

/** What was left behind of the desktops that were to go down, and the workspaces of those that did. */
interface TakenDown {
  leftovers: Leftover[];
  tookDown: string[];
}
const nothing: TakenDown = { leftovers: [], tookDown: [] };

/** Suspends every active desktop of the person, except the one in that workspace. */
function suspendActive(
  workflow: Workflow,
  request: Pick<DesktopRequest, "id" | "username">,
  except?: string,
): Generator<Task, TakenDown> {
  const { username } = request;
  return takeDownAll(workflow, request, {
    list: () => workflow.call("listActiveDesktops", { username, except }),
    steps: suspensionSteps,
    words: "suspending",
  });
}

/** Takes desktops down one after the other; one that cannot be taken down does not stop the others. */
function* takeDownAll(
  workflow: Workflow,
  { id }: Pick<DesktopRequest, "id">,
  {
    list,
    steps,
    words,
    keeps,
  }: {
    list: () => Generator<Task, KnownDesktop[]>;
    steps: readonly TakeDownStep[];
    words: string;
    keeps?: (stays: readonly string[]) => void;
  },
): Generator<Task, TakenDown> {
  const leftovers: Leftover[] = [];
  const tookDown: string[] = [];
  let desktops: KnownDesktop[] = [];
  try {
    desktops = yield* list();
  } catch (error) {
    leftovers.push({ step: "desktops", ...problemOf(error) });
  }
  for (const desktop of desktops) {
    const report = reporter(workflow, { id, workspace: desktop.workspace }, words);
    const left = yield* takeDown(workflow, steps, desktop, report, keeps);
    if (!setbackIn(left)) tookDown.push(desktop.workspace);
    leftovers.push(...left);
  }
  return { leftovers, tookDown };
}

function reporter(workflow: Workflow, { id, workspace }: { id: string; workspace: string }, words: string): ReportStep {
  const since = workflow.now().toISOString();
  return (step, number, of) => {
    workflow.report({ requestId: id, step, number, of, since, message: `${words} the desktop in ${workspace}` });
  };
}

function describe(leftovers: readonly Leftover[]): string {
  return leftovers.map(({ step, reason }) => `${step} (${reason})`).join(", ");
}
