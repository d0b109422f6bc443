import type { Task } from "durable-functions";
import {
  type EndedSessions,
  type EndOfSessions,
  type PlaceOfRun,
  runOfSessions,
  shownOf,
  withEnded,
} from "../shared/lifecycle/ended-sessions.ts";
import { problemOf, type Workflow } from "./workflow.ts";

/** The name of the orchestration; an instance is called after it and after whose sessions it ends. */
export const endSessionsName = "endManySessions";

export type EndSessionsInput = EndOfSessions;

const pauseSeconds = 30;
/** In a row: an hour with the activities' own retries. */
const mostFailures = 90;

/**
 * Suspends the running desktops of a workspace or a person, some at a time. One that cannot be asked for does not stop the
 * others; a step that fails as a whole is tried again, so that an outage only delays it. Throws after an hour of it: a run that
 * gave up must not look like one that is done.
 */
export function* endSessions(workflow: Workflow, input: EndSessionsInput): Generator<Task, EndedSessions> {
  const { workspace, username, reason, by } = input;
  let run = runOfSessions(input);
  let failures = 0;
  const attempt = function* <Result>(work: () => Generator<Task, Result>): Generator<Task, Result> {
    for (;;) {
      try {
        const result = yield* work();
        failures = 0;
        return result;
      } catch (error) {
        failures += 1;
        run = { ...run, trouble: problemOf(error).reason };
        workflow.showRun(shownOf(run));
        if (failures === mostFailures) throw error;
        yield* workflow.pause(pauseSeconds);
      }
    }
  };

  workflow.showRun(shownOf(run));
  const counted = yield* attempt(() => workflow.call("countSessions", { workspace, username }));
  run = { ...run, of: counted.count, trouble: undefined };
  let place: PlaceOfRun | null = { after: "" };
  while (place) {
    workflow.showRun(shownOf(run));
    const from: PlaceOfRun = place;
    const step = yield* attempt(() =>
      workflow.call("endSomeSessions", { workspace, username, reason, by, place: from }),
    );
    run = withEnded(run, step);
    place = step.next;
  }
  return run;
}
