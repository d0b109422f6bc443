import type { Task } from "durable-functions";
import type { KnownDesktop } from "../shared/desktop/known-desktop.ts";
import type { DesktopDrift } from "../shared/lifecycle/drift.ts";
import type { Decision } from "../shared/desktop/decision.ts";
import type { Review } from "../shared/person/record.ts";
import { type Leftover, suspendDesktop } from "./suspension.ts";
import { problemOf, type Workflow } from "./workflow.ts";

/**
 * How long who has just been let in by Guacamole takes to show in its history. It looks at the permission first and writes
 * the session down right after, before anything of the desktop is seen.
 */
const settleSeconds = 5;

/** What cannot be put right now is found again by the next reconciliation, and stops nothing else. */
function* repair(workflow: Workflow, drift: DesktopDrift): Generator<Task, void> {
  try {
    yield* workflow.call("repairDesktop", drift);
  } catch {
    return; // the activity's failure is in the log
  }
}

/** A binding whose status could not be written does not make a desktop run. */
function isDown(leftovers: readonly Leftover[]): boolean {
  return leftovers.every(({ step }) => step === "binding status");
}

/** Where even that fails, access is missing until the next reconciliation finds it so. */
function* giveBack(workflow: Workflow, desktop: KnownDesktop): Generator<Task, void> {
  try {
    yield* workflow.call("giveBackPermission", desktop);
  } catch {
    return; // the activity's failure is in the log
  }
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
  report: (step: string, number: number, of: number) => void,
): Generator<Task, void> {
  const { workspace } = review;
  const inspect = () => workflow.call("inspectDesktop", { username, workspace });
  let decision: Decision | undefined;
  let suspended = false;
  let withdrawn: KnownDesktop | undefined;
  try {
    const first = yield* inspect();
    decision = first?.decision;
    if (first?.decision.action === "keep") for (const drift of first.drifts) yield* repair(workflow, drift);
    if (first?.decision.action === "suspend") {
      if (first.mayBeOpened) withdrawn = first.desktop;
      yield* workflow.call("withdrawPermission", first.desktop);
      yield* workflow.pause(settleSeconds);
      const second = yield* inspect();
      decision = second?.decision;
      if (second?.decision.action === "suspend")
        suspended = isDown(yield* suspendDesktop(workflow, second.desktop, report));
      // Who lost their entitlement meanwhile does not get access back: what is left of the desktop is retired.
      if (second?.decision.action !== "keep" || second.decision.rule === "not-running") withdrawn = undefined;
    }
  } catch (error) {
    const { reason } = problemOf(error);
    decision = { action: "keep", rule: "unknown", reason: `kept in doubt: ${reason}` };
  }
  if (withdrawn) yield* giveBack(workflow, withdrawn);
  yield* workflow.call("recordReview", { username, review, decision: decision ?? null, suspended });
}
