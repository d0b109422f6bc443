import type { Progress } from "../shared/person/operation.ts";
import type { Task } from "durable-functions";
import type { EndedSessions } from "../shared/lifecycle/ended-sessions.ts";
import type { Workflow } from "../orchestrations/workflow.ts";
import type { ActivityName } from "../shared/desktop/activities.ts";

/** What an activity returns, by the number of earlier calls; a thrown error is what remains after its retries. */
export type Script = Partial<Record<ActivityName, (input: never, earlierCalls: number) => unknown>>;

/** A workflow whose activities follow a script and whose clock moves only when it is paused. */
export function scriptedWorkflow(script: Script) {
  const calls: ActivityName[] = [];
  const reports: Progress[] = [];
  const runs: EndedSessions[] = [];
  const pauses: number[] = [];
  const lastLooks: boolean[] = [];
  let milliseconds = Date.parse("2026-06-15T12:00:00Z");

  const workflow: Workflow = {
    instanceId: "instance-1",
    now: () => new Date(milliseconds),
    startedBefore: () => false,
    *call(name, input) {
      const earlier = calls.filter((call) => call === name).length;
      calls.push(name);
      return (script[name]?.(input as never, earlier) ?? null) as never;
    },
    *callAll(name, inputs) {
      const outputs = [];
      for (const input of inputs) outputs.push(yield* workflow.call(name, input));
      return outputs;
    },
    *pause(seconds) {
      pauses.push(seconds);
      milliseconds += seconds * 1_000;
    },
    waitForNews(seconds) {
      return workflow.pause(seconds);
    },
    report(progress) {
      reports.push(progress);
    },
    showRun(run) {
      runs.push(run);
    },
    showLastLook(isLast) {
      lastLooks.push(isLast);
    },
  };
  return { workflow, calls, reports, runs, pauses, lastLooks };
}

/** Runs a workflow that follows a script to its end; nothing in it waits. */
export function runToEnd<Result>(generator: Generator<Task, Result>): Result {
  const step = generator.next();
  if (!step.done) throw new Error("a scripted workflow yielded to the host");
  return step.value;
}
