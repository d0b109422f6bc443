/**
 * A task of the replay: synchronous, so that all consequences of one history event have happened before the next event
 * is processed. Only whether it settled and whether it failed matter; values stay in the history.
 */
export interface ReplayTask {
  readonly settled: "no" | "succeeded" | "failed";
  whenSettled(callback: () => void): void;
}

export interface OpenTask extends ReplayTask {
  settle(outcome: "succeeded" | "failed"): void;
}

export function openTask(): OpenTask {
  let settled: ReplayTask["settled"] = "no";
  const callbacks: (() => void)[] = [];
  return {
    get settled() {
      return settled;
    },
    whenSettled(callback) {
      if (settled === "no") callbacks.push(callback);
      else callback();
    },
    settle(outcome) {
      if (settled !== "no") return;
      settled = outcome;
      for (const callback of callbacks.splice(0)) callback();
    },
  };
}

export function settledTask(outcome: "succeeded" | "failed" = "succeeded"): ReplayTask {
  const task = openTask();
  task.settle(outcome);
  return task;
}

/**
 * Settles when all tasks have, including failed ones: .NET's Task.WhenAll does not fail fast, unlike JavaScript's
 * Task.all.
 */
export function whenAll(tasks: readonly ReplayTask[]): ReplayTask {
  const all = openTask();
  let remaining = tasks.length;
  for (const task of tasks) {
    task.whenSettled(() => {
      remaining -= 1;
      if (remaining === 0) all.settle(tasks.some(({ settled }) => settled === "failed") ? "failed" : "succeeded");
    });
  }
  return all;
}

export function whenAny(tasks: readonly ReplayTask[]): ReplayTask {
  const any = openTask();
  for (const task of tasks) {
    task.whenSettled(() => {
      any.settle("succeeded");
    });
  }
  return any;
}

/** A coroutine over tasks: yields what it waits for, and is resumed once that has settled. Returns its outcome. */
export type Coroutine = Generator<ReplayTask, "succeeded" | "failed", undefined>;

/** Runs a coroutine as far as possible. Its errors are thrown to the code that settled the task it waited for. */
export function run(coroutine: Coroutine): ReplayTask {
  const whole = openTask();
  const resume = (): void => {
    for (;;) {
      const step = coroutine.next();
      if (step.done) {
        whole.settle(step.value);
        return;
      }
      if (step.value.settled === "no") {
        step.value.whenSettled(resume);
        return;
      }
    }
  };
  resume();
  return whole;
}
