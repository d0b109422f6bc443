import type { Task } from "durable-functions";
import type { ActivityName, InputOf } from "../shared/desktop/activities.ts";
import type { KnownDesktop } from "../shared/desktop/known-desktop.ts";
import { rowsFor, type VersionRange } from "./versions.ts";
import { problemOf, type Problem, type Workflow } from "./workflow.ts";

type SuspensionActivity = { [Name in ActivityName]: KnownDesktop extends InputOf<Name> ? Name : never }[ActivityName];

/** How a desktop goes down: access first. It keeps its Secret, Service and rows, and comes up again from them. */
export const suspensionSteps: readonly (VersionRange & { name: string; do: SuspensionActivity })[] = [
  { name: "permission", do: "withdrawPermission" },
  { name: "deployment", do: "scaleToZero" },
  { name: "binding status", do: "recordSuspended" },
];

/** What could not be done, by step. */
export interface Leftover extends Problem {
  step: string;
}

/**
 * Takes a desktop down. There is no way back and no undo: a step that fails does not stop the next, since each of them
 * alone already takes the desktop out of reach; what failed is returned.
 */
export function* suspendDesktop(
  workflow: Workflow,
  desktop: KnownDesktop,
  report: (step: string, number: number, of: number) => void,
): Generator<Task, Leftover[]> {
  const leftovers: Leftover[] = [];
  const steps = rowsFor(workflow, suspensionSteps);
  for (const [index, step] of steps.entries()) {
    report(step.name, index + 1, steps.length);
    try {
      yield* workflow.call(step.do, desktop);
    } catch (error) {
      leftovers.push({ step: step.name, ...problemOf(error) });
    }
  }
  return leftovers;
}
