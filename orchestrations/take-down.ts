import type { Task } from "durable-functions";
import type { ActivityTaking } from "../shared/desktop/activities.ts";
import type { KnownDesktop } from "../shared/desktop/known-desktop.ts";
import { rowsFor, type VersionRange } from "./versions.ts";
import { type Problem, problemOf, type Workflow } from "./workflow.ts";

/** One row of a table that takes a desktop down: its name for people, what is done, and if a failure stops the rest. */
export type TakeDownStep = VersionRange & {
  name: string;
  do: ActivityTaking<KnownDesktop>;
  /** If set, the steps after this one do not run if it fails. */
  stopIfFailed?: true;
};

/** A step that failed. */
export interface Leftover extends Problem {
  step: string;
}

/** Steps without which a desktop is down, too: its sessions end with its container. */
const dispensable: ReadonlySet<string> = new Set(["sessions", "binding status"]);

/** What kept a desktop from going down, if anything did. */
export function setbackIn(leftovers: readonly Leftover[]): Leftover | undefined {
  return leftovers.find(({ step }) => !dispensable.has(step));
}

export type ReportStep = (step: string, number: number, of: number) => void;

/**
 * Takes a desktop down by the steps of the orchestration's version, in order. Nothing is undone: what a failed step
 * left behind is returned. What stays on purpose is told to `keeps`.
 */
export function* takeDown(
  workflow: Workflow,
  table: readonly TakeDownStep[],
  desktop: KnownDesktop,
  report: ReportStep,
  keeps: (stays: readonly string[]) => void = () => undefined,
): Generator<Task, Leftover[]> {
  const leftovers: Leftover[] = [];
  const steps = rowsFor(workflow, table);
  for (const [index, step] of steps.entries()) {
    report(step.name, index + 1, steps.length);
    try {
      const output = yield* workflow.call(step.do, desktop);
      if (output && "stays" in output) keeps(output.stays);
    } catch (error) {
      leftovers.push({ step: step.name, ...problemOf(error) });
      if (step.stopIfFailed) break;
    }
  }
  return leftovers;
}
