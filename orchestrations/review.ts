import type { Task } from "durable-functions";
import type { KnownDesktop } from "../shared/desktop/known-desktop.ts";
import type { Decision } from "../shared/desktop/decision.ts";
import type { Review } from "../shared/person/record.ts";
import { suspensionSteps } from "./suspension.ts";
import { type Leftover, type ReportStep, takeDown } from "./take-down.ts";
import { problemOf, type Workflow } from "./workflow.ts";

/**
 * How long who has just been let in by Guacamole takes to show in its history. It looks at the permission first and writes
 * the session down right after, before anything of the desktop is seen.
 */
const settleSeconds = 5;

/** Does it if it can be done now. What cannot is found again by the next reconciliation, and stops nothing else. */
function* attempt(work: Generator<Task, null>): Generator<Task, void> {
  try {
    yield* work;
  } catch {
    return; // the activity's failure is in the log
  }
}

/** A binding whose status could not be written does not make a desktop run. */
function isDown(leftovers: readonly Leftover[]): boolean {
  return leftovers.every(({ step }) => step === "binding status");
}

/**
 * Decides about one desktop again, under its person's lock, and acts on it; one that is kept is put right where it drifted.
 * Nobody who is connected is cut off for being idle: access goes first, so that nobody can connect any more; then whoever
 * connected just before has time to show; only if still nobody is there the pod goes. Otherwise access is given back.
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
  let withdrawn: KnownDesktop | undefined;
  try {
    const first = yield* inspect();
    decision = first?.decision;
    if (first?.decision.action === "keep")
      for (const drift of first.drifts) yield* attempt(workflow.call("repairDesktop", drift));
    if (first?.decision.action === "suspend") {
      if (first.mayBeOpened) withdrawn = first.desktop;
      yield* workflow.call("withdrawPermission", first.desktop);
      yield* workflow.pause(settleSeconds);
      const second = yield* inspect();
      decision = second?.decision;
      if (second?.decision.action === "suspend")
        suspended = isDown(yield* takeDown(workflow, suspensionSteps, second.desktop, report));
      // Who lost their entitlement meanwhile does not get access back: what is left of the desktop is retired.
      if (second?.decision.action !== "keep" || second.decision.rule === "not-running") withdrawn = undefined;
    }
  } catch (error) {
    const { reason } = problemOf(error);
    decision = { action: "keep", rule: "unknown", reason: `kept in doubt: ${reason}` };
  }
  if (withdrawn) yield* attempt(workflow.call("giveBackPermission", withdrawn));
  yield* workflow.call("recordReview", { username, review, decision: decision ?? null, suspended });
}
