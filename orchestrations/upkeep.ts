import type { Task } from "durable-functions";
import { problemOf, type Workflow } from "./workflow.ts";

/** The name of the orchestration, and the id of its only instance. */
export const upkeepName = "upkeep";

export interface UpkeepRun {
  at: string;
  /** Finished instances that were deleted from the task hub. */
  purged: number;
  /** Bindings of running desktops whose time of the last check was updated. */
  refreshed: number;
  /** Notices that made no progress and were restarted; absent in runs of release 0.1.0. */
  restarted?: number | undefined;
  /** Records that were deleted because their people have nothing any more; absent in runs of release 0.1.0. */
  forgotten?: number | undefined;
  /** What was changed so that desktops start fast, in words; absent in runs of version 1.1 and older. */
  prepared?: string[] | undefined;
  failed: { step: string; reason: string }[];
}

/** Does the regular housekeeping; a part that fails does not stop the others. */
export function* upkeep(workflow: Workflow): Generator<Task, UpkeepRun> {
  const run: UpkeepRun = { at: workflow.now().toISOString(), purged: 0, refreshed: 0, failed: [] };
  const attempt = function* <Result>(step: string, work: Generator<Task, Result>, otherwise: Result) {
    try {
      return yield* work;
    } catch (error) {
      run.failed.push({ step, reason: problemOf(error).reason });
      return otherwise;
    }
  };
  run.purged = yield* attempt("purge finished work", workflow.call("purgeFinished", {}), 0);
  run.refreshed = yield* attempt("refresh bindings", workflow.call("refreshActiveChecks", {}), 0);
  if (workflow.startedBefore("1.1")) return run;
  run.restarted = yield* attempt("restart notices", workflow.call("restartNotices", {}), undefined);
  run.forgotten = yield* attempt("forget people who have nothing", workflow.call("forgetPeople", {}), undefined);
  if (workflow.startedBefore("1.2")) return run;
  run.prepared = yield* attempt("prepare fast starts", workflow.call("prepareFastStarts", {}), undefined);
  return run;
}
