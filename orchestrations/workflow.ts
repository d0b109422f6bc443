import type { Progress } from "../shared/person/operation.ts";
import type { EndedSessions } from "../shared/lifecycle/ended-sessions.ts";
import type { Fence } from "../shared/person/work.ts";
import { type OrchestrationContext, RetryOptions, type Task } from "durable-functions";
import type { ActivityName, InputOf, LastLook, OutputOf } from "../shared/desktop/activities.ts";
import { type ErrorCode, isErrorCode, type ReasonValues, type Refusal } from "../shared/errors.ts";
import { isOlder } from "./versions.ts";

/**
 * What an orchestration can do: everything the sagas need from Durable Functions, so that they can be tested without
 * it.
 */
export interface Workflow {
  /** The id of the orchestration's instance. */
  readonly instanceId: string;
  /** The replay-safe clock. */
  now(): Date;
  /**
   * True if the orchestration was started before this version of the orchestrations (`defaultVersion` in host.json).
   * It keeps its version until it ends, even across continueAsNew.
   */
  startedBefore(version: string): boolean;
  /** Runs an activity, with retries if it throws; throws its last error when the attempts are used up. */
  call<Name extends ActivityName>(name: Name, input: InputOf<Name>): Generator<Task, OutputOf<Name>>;
  /** Runs it for all inputs in parallel, and waits for all. For activities that return their failures. */
  callAll<Name extends ActivityName>(name: Name, inputs: readonly InputOf<Name>[]): Generator<Task, OutputOf<Name>[]>;
  pause(seconds: number): Generator<Task, void>;
  /**
   * Waits until somebody tells this instance that there is news for it, or until the time is up. News that was told while
   * the orchestration did something else counts.
   */
  waitForNews(seconds: number): Generator<Task, void>;
  report(progress: Progress): void;
  /** Shows how far a run is that belongs to no person. */
  showRun(run: EndedSessions): void;
  /**
   * Shows if the orchestration may end after the next activity: a caller who changes the record in that time has to
   * start it again.
   */
  showLastLook(isLast: boolean): void;
}

/** The event that tells a waiting orchestration to look again now. It carries nothing: whoever waits looks for itself. */
export const newsName = "lookAgain";

/** Four attempts over 14 seconds: rides out a restart of an API server's or database's connection, not an outage. */
function retries(): RetryOptions {
  // retryTimeoutInMilliseconds stays unset: the library hangs when it expires (Azure/azure-functions-durable-js#629).
  const options = new RetryOptions(2_000, 4);
  options.backoffCoefficient = 2;
  options.maxRetryIntervalInMilliseconds = 30_000;
  return options;
}

/** Implements a workflow with Durable Functions. */
export function workflowOf(context: OrchestrationContext): Workflow {
  let shown: Progress | undefined;
  // The hub gives news to the newest wait that had none, even if its time is up (Azure/azure-functions-durable-js,
  // TaskOrchestrationExecutor.setTaskValue, and so the extension): nothing withdraws a wait for an event.
  const overdue = new Set<Task>();
  return {
    instanceId: context.df.instanceId,
    now: () => context.df.currentUtcDateTime,
    startedBefore: (version) => isOlder(context.df.version, version),
    *call<Name extends ActivityName>(name: Name, input: InputOf<Name>) {
      return (yield context.df.callActivityWithRetry(name, retries(), input)) as OutputOf<Name>;
    },
    *callAll<Name extends ActivityName>(name: Name, inputs: readonly InputOf<Name>[]) {
      const tasks = inputs.map((input) => context.df.callActivityWithRetry(name, retries(), input));
      return (yield context.df.Task.all(tasks)) as OutputOf<Name>[];
    },
    *pause(seconds) {
      yield context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + seconds * 1_000));
    },
    *waitForNews(seconds) {
      const told = [...overdue].filter(({ isCompleted }) => isCompleted);
      for (const each of told) overdue.delete(each);
      if (told.length > 0) return;
      const timeUp = context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + seconds * 1_000));
      const news = context.df.waitForExternalEvent(newsName);
      yield context.df.Task.any([news, timeUp]);
      // An orchestration does not end before its timers.
      if (!timeUp.isCompleted) timeUp.cancel();
      if (!news.isCompleted) overdue.add(news);
    },
    report(progress) {
      shown = progress;
      context.df.setCustomStatus(progress);
    },
    showRun(run) {
      context.df.setCustomStatus(run);
    },
    showLastLook(isLast) {
      context.df.setCustomStatus(isLast ? ({ lastLook: true, progress: shown } satisfies LastLook) : null);
    },
  };
}

/** Sends the fence along with every activity, so that an older generation changes nothing. */
export function fenced(workflow: Workflow, fence: Fence): Workflow {
  return {
    ...workflow,
    call: (name, input) => workflow.call(name, { ...input, fence }),
    callAll: (name, inputs) =>
      workflow.callAll(
        name,
        inputs.map((input) => ({ ...input, fence })),
      ),
  };
}

/** Reasons are stored in a small object and shown to people. */
const longestReason = 2_000;

/** Why something did not work, with a stable code. */
export interface Problem {
  code: ErrorCode;
  reason: string;
  /** Of a refusal: what the reason says, in fields. */
  values?: ReasonValues | undefined;
}

/** What an activity refused, as a problem. */
export function problemIn({ refused: code, reason, values }: Refusal): Problem {
  return { code, reason, ...(values && { values }) };
}

/**
 * Parses an activity's error. The host passes it as text only, `Activity function 'x' failed: <message> \n <details>`;
 * our activities begin their messages with `[code]`.
 */
export function problemOf(error: unknown): Problem {
  const text = error instanceof Error ? error.message : String(error);
  const message = (text.split("\n")[0] ?? "").replace(/^Activity function '[^']*' failed:\s*(Error:\s*)?/, "").trim();
  const [, code, reason] = /^\[([a-z-]+)\]\s*(.*)$/.exec(message) ?? [];
  if (code !== undefined && reason !== undefined && isErrorCode(code))
    return { code, reason: reason.slice(0, longestReason) };
  return { code: "step-failed", reason: message || "the step failed without a message" };
}
