import type { Task } from "durable-functions";
import type { Workflow } from "../../orchestrations/workflow.ts";
import type { ActivityName, InputOf, OutputOf } from "../../shared/desktop/activities.ts";
import type { Chance } from "./chance.ts";
import { second } from "./faults.ts";
import type { Process } from "./timeline.ts";

/** What an activity does in the model, in its own time. */
export type Activity<Name extends ActivityName> = (input: InputOf<Name>) => Process<OutputOf<Name>>;
export type Activities = { [Name in ActivityName]?: Activity<Name> };

/** What orchestrations yield here: the process that has to end first. */
interface ModelTask {
  process: () => Process<unknown>;
}
const taskOf = (process: ModelTask["process"]) => ({ process }) as unknown as Task;

/** A workflow whose activities take some time on the timeline, and are tried again as Durable Functions does it. */
export function workflowOver(activities: Activities, now: () => number, chance: Chance): Workflow {
  function act<Name extends ActivityName>(name: Name, input: InputOf<Name>): Process<OutputOf<Name>> {
    const activity = activities[name];
    if (!activity) throw new Error(`the model has no activity ${name}`);
    return activity(input);
  }
  function* attempts<Name extends ActivityName>(name: Name, input: InputOf<Name>): Process<OutputOf<Name>> {
    for (const pauseSeconds of [2, 4, 8]) {
      yield chance.between(20, 200);
      try {
        return yield* act(name, input);
      } catch {
        yield pauseSeconds * second;
      }
    }
    return yield* act(name, input);
  }
  const pause = (seconds: number) =>
    taskOf(function* () {
      yield seconds * second;
    });
  return {
    instanceId: "model",
    now: () => new Date(now()),
    startedBefore: () => false,
    *call<Name extends ActivityName>(name: Name, input: InputOf<Name>) {
      return (yield taskOf(() => attempts(name, input))) as OutputOf<Name>;
    },
    *callAll<Name extends ActivityName>(name: Name, inputs: readonly InputOf<Name>[]) {
      return (yield taskOf(function* () {
        yield chance.between(20, 200);
        const outputs = [];
        for (const input of inputs) outputs.push(yield* act(name, input));
        return outputs;
      })) as OutputOf<Name>[];
    },
    *pause(seconds) {
      yield pause(seconds);
    },
    // Nobody tells news in the model: a wait takes its whole time.
    *waitForNews(seconds) {
      yield pause(seconds);
    },
    report: () => undefined,
    showRun: () => undefined,
    showLastLook: () => undefined,
  };
}

/** Lets an orchestration run on the timeline. */
export function* drive<Result>(work: Generator<Task, Result>): Process<Result> {
  let step = work.next();
  while (!step.done) {
    let output: unknown;
    try {
      output = yield* (step.value as unknown as ModelTask).process();
    } catch (error) {
      step = work.throw(error);
      continue;
    }
    step = work.next(output);
  }
  return step.value;
}
