import type { Task } from "durable-functions";
import type { KnownDesktop } from "../shared/desktop/known-desktop.ts";
import type { Decision } from "../shared/desktop/decision.ts";
import type { Review } from "../shared/person/record.ts";
import { suspensionSteps } from "./suspension.ts";
import type { Setback } from "../shared/person/trouble.ts";
import { type ReportStep, setbackIn, takeDown } from "./take-down.ts";
import { type Problem, problemOf, type Workflow } from "./workflow.ts";

/**
 * How long a person whom Guacamole has just let in takes to appear in its history. Guacamole checks the permission
 * first and records the session right after, before it shows the desktop.
 */
const settleSeconds = 5;

/** Tries the work, and returns what went wrong: a failure stops nothing else. */
function* attempt(work: Generator<Task, null>): Generator<Task, Problem | undefined> {
  try {
    yield* work;
    return undefined;
  } catch (error) {
    return problemOf(error);
  }
}

/**
 * Decides about one desktop again, under its person's lock, and acts on it; if it is kept, its drift is repaired.
 * Nobody who is connected is cut off for being idle: access goes first, so that nobody can connect any more; then a
 * person who connected just before has time to appear; only if still nobody is connected does the pod go. Otherwise
 * access is given back. What keeps it from being suspended is recorded, so that the review is tried again.
 */
export function* reviewDesktop(
  workflow: Workflow,
  username: string,
  review: Review,
  report: ReportStep,
): Generator<Task, void> {
  const { workspace } = review;
  const inspect = () => workflow.call("inspectDesktop", { username, workspace });
  let decision: Decision | undefined;
  let suspended = false;
  let setback: Setback | undefined;
  let step = "inspection";
  let withdrawn: KnownDesktop | undefined;
  try {
    const first = yield* inspect();
    decision = first?.decision;
    if (first?.decision.action === "keep")
      // The next reconciliation finds what could not be repaired.
      for (const drift of first.drifts) yield* attempt(workflow.call("repairDesktop", drift));
    if (first?.decision.action === "suspend") {
      if (first.mayBeOpened) withdrawn = first.desktop;
      step = "permission";
      yield* workflow.call("withdrawPermission", first.desktop);
      step = "inspection";
      yield* workflow.pause(settleSeconds);
      const second = yield* inspect();
      decision = second?.decision;
      if (second?.decision.action === "suspend") {
        setback = setbackIn(yield* takeDown(workflow, suspensionSteps, second.desktop, report));
        suspended = !setback;
      }
      // A person who has lost their entitlement does not get access back: the rest of the desktop is retired.
      if (second?.decision.action !== "keep" || second.decision.rule === "not-running") withdrawn = undefined;
    }
  } catch (error) {
    const problem = problemOf(error);
    if (decision?.action === "suspend") setback = { step, ...problem };
    decision = { action: "keep", rule: "unknown", reason: `kept in doubt: ${problem.reason}` };
  }
  if (withdrawn) {
    const problem = yield* attempt(workflow.call("giveBackPermission", withdrawn));
    // The next try finds that access is missing.
    if (problem) setback = { step: "permission", ...problem };
  }
  yield* workflow.call("recordReview", { username, review, decision: decision ?? null, suspended, setback });
}
