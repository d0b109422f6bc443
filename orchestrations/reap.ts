import type { Task } from "durable-functions";
import type { ActivityName, InputOf, OutputOf } from "../shared/desktop/activities.ts";
import type { ReapRun } from "../shared/lifecycle/runs.ts";
import type { Workflow } from "./workflow.ts";

/** The name of the orchestration, and the id of its only instance: an unfinished run is not started again. */
export const reapName = "reap";

/** At most this many people's records are written at the same time. */
const atOnce = 20;

/**
 * Surveys all desktops, and hands each that is to be suspended to its person's orchestration, which decides again under
 * the person's lock. One that cannot be handed over does not stop the others.
 */
export function* reap(workflow: Workflow): Generator<Task, ReapRun> {
  const { news, ...survey } = yield* workflow.call("surveyDue", {});
  const { at, due } = survey;
  yield* inChunks(
    workflow,
    "noteDecision",
    news.map((each) => ({ ...each, at })),
  );
  const nominations = due.map(({ username, workspace }) => ({ username, workspace, by: reapName }));
  const ends = yield* inChunks(workflow, "nominate", nominations);
  const failed = nominations.flatMap(({ username, workspace }, index) => {
    const reason = ends[index]?.failed;
    return reason === undefined ? [] : [{ username, workspace, reason }];
  });
  return { ...survey, failed };
}

/** Calls an activity for each input, some at a time. */
export function* inChunks<Name extends ActivityName>(
  workflow: Workflow,
  name: Name,
  inputs: readonly InputOf<Name>[],
): Generator<Task, OutputOf<Name>[]> {
  const outputs: OutputOf<Name>[] = [];
  for (let first = 0; first < inputs.length; first += atOnce)
    outputs.push(...(yield* workflow.callAll(name, inputs.slice(first, first + atOnce))));
  return outputs;
}
