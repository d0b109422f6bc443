import type { Task } from "durable-functions";
import type { KnownDesktop } from "../shared/desktop/known-desktop.ts";
import type { Decision } from "../shared/desktop/decision.ts";
import type { Review } from "../shared/person/record.ts";
import { suspensionSteps } from "./suspension.ts";
import { type Leftover, type ReportStep, takeDown } from "./take-down.ts";
import { problemOf, type Workflow } from "./workflow.ts";

/**
 * How long a person whom Guacamole has just let in takes to appear in its history. Guacamole checks the permission
 * first and records the session right after, before it shows the desktop.
 */
const settleSeconds = 5;

/** Tries the work. The next reconciliation finds what failed, and a failure stops nothing else. */
function* attempt(work: Generator<Task, null>): Generator<Task, void> {
  try {
    yield* work;
  } catch {
    return; // the activity's failure is in the log
  }
}

/** Steps without which a desktop is down, too: its sessions end with its container. */
const dispensable: ReadonlySet<string> = new Set(["sessions", "binding status"]);

function isDown(leftovers: readonly Leftover[]): boolean {
  return leftovers.every(({ step }) => dispensable.has(step));
}

/**
 * Decides about one desktop again, under its person's lock, and acts on it; if it is kept, its drift is repaired.
 * Nobody who is connected is cut off for being idle: access goes first, so that nobody can connect any more; then a
 * person who connected just before has time to appear; only if still nobody is connected does the pod go. Otherwise
 * access is given back.
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
      // A person who has lost their entitlement does not get access back: the rest of the desktop is retired.
      if (second?.decision.action !== "keep" || second.decision.rule === "not-running") withdrawn = undefined;
    }
  } catch (error) {
    const { reason } = problemOf(error);
    decision = { action: "keep", rule: "unknown", reason: `kept in doubt: ${reason}` };
  }
  if (withdrawn) yield* attempt(workflow.call("giveBackPermission", withdrawn));
  yield* workflow.call("recordReview", { username, review, decision: decision ?? null, suspended });
}
