import type { Task } from "durable-functions";
import type { ActivityName, InputOf } from "../shared/desktop/activities.ts";
import type { KnownDesktop } from "../shared/desktop/known-desktop.ts";
import type { Leftover } from "./suspension.ts";
import { rowsFor, type VersionRange } from "./versions.ts";
import { problemOf, type Workflow } from "./workflow.ts";

type RetirementActivity = { [Name in ActivityName]: KnownDesktop extends InputOf<Name> ? Name : never }[ActivityName];

/**
 * How a desktop disappears: access first, the pod before the network policy that holds it, and the rows only when nothing
 * of it is left in the cluster, because what is left is found again by them.
 */
export const retirementSteps: readonly (VersionRange & { name: string; do: RetirementActivity })[] = [
  { name: "permission", do: "withdrawPermission" },
  { name: "deployment", do: "retireDeployment" },
  { name: "service", do: "retireService" },
  { name: "credential", do: "retireCredential" },
  { name: "network policy", do: "retireNetworkPolicy" },
  { name: "connection", do: "retireConnection" },
  { name: "binding status", do: "recordRetired" },
];

/**
 * Removes a desktop for good. No undo: what is gone is meant to be. Where access cannot be withdrawn the pod goes all the
 * same; any other step that fails ends it, and the next retirement goes on from there.
 */
export function* retireDesktop(
  workflow: Workflow,
  desktop: KnownDesktop,
  report: (step: string, number: number, of: number) => void,
): Generator<Task, Leftover[]> {
  const leftovers: Leftover[] = [];
  const steps = rowsFor(workflow, retirementSteps);
  for (const [index, step] of steps.entries()) {
    report(step.name, index + 1, steps.length);
    try {
      yield* workflow.call(step.do, desktop);
    } catch (error) {
      leftovers.push({ step: step.name, ...problemOf(error) });
      if (step.name !== "permission") return leftovers;
    }
  }
  return leftovers;
}
