import * as df from "durable-functions";
import type { OrchestrationContext } from "durable-functions";

/** Creates a durable timer that fires after so many milliseconds. */
export function timer(context: OrchestrationContext, milliseconds: number): df.TimerTask {
  return context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + milliseconds));
}

const messageOf = (error: unknown): string => (error as Error).message;
const kindOf = (value: unknown): string => (value === null ? "null" : typeof value);

// The recording truncated long texts to these lengths.
const shownOfFailure = 500;
const shownOfRetry = 200;
const shownOfChild = 300;

/** Orchestrations about tasks: activities, timers, retries, sub-orchestrations, input and output. */
export function registerTaskOrchestrations(): void {
  df.app.orchestration("seq", function* (context) {
    const results: unknown[] = [];
    for (const i of [0, 1, 2]) results.push(yield context.df.callActivity("echo", { i }));
    return results;
  });
  df.app.orchestration("hello", function* (context) {
    const { df: durable } = context;
    return {
      input: durable.getInput(),
      id: durable.instanceId,
      v: durable.version,
      parent: durable.parentInstanceId ?? null,
    };
  });
  df.app.orchestration("failMsg", function* (context) {
    try {
      yield context.df.callActivity("fail", { msg: "[E_X] it broke" });
    } catch (error) {
      return { name: (error as Error).name, message: messageOf(error).slice(0, shownOfFailure) };
    }
    return "unexpected";
  });
  df.app.orchestration("throws", function* () {
    throw new Error("orchestrator says no");
  });
  df.app.orchestration("throwsAfter", function* (context) {
    yield context.df.callActivity("fail", { msg: "inner" });
  });
  df.app.orchestration("unknownActivity", function* (context) {
    yield context.df.callActivity("noSuchActivity", {});
  });
  df.app.orchestration("unknownSub", function* (context) {
    yield context.df.callSubOrchestrator("noSuchOrchestrator", {});
  });
  df.app.orchestration("undef", function* (context) {
    const r: unknown = yield context.df.callActivity("nothing", {});
    return { r: String(r) };
  });
  df.app.orchestration("noReturn", function* (context) {
    yield context.df.callActivity("echo", {});
  });
  df.app.orchestration("types", function* (context) {
    const results: unknown[] = [];
    for (const input of [true, false, "text", "5", 7, 0, 1.5, null, [1], { a: 1 }, "", "é✓"]) {
      results.push(yield context.df.callActivity("kind", input));
    }
    return results;
  });
  df.app.orchestration("big", function* (context) {
    const big = (yield context.df.callActivity("makeBig", {})) as string;
    return big.length;
  });
  df.app.orchestration("any", function* (context) {
    const slow = context.df.callSubOrchestrator("sleeps", {});
    const fast = context.df.callActivity("echo", "fast");
    return ((yield context.df.Task.any([slow, fast])) as unknown) === fast ? "fast" : "slow";
  });
  df.app.orchestration("sleeps", function* (context) {
    yield timer(context, 2000);
  });
  df.app.orchestration("times", function* (context) {
    const before = context.df.currentUtcDateTime;
    yield timer(context, 500);
    return {
      later: context.df.currentUtcDateTime > before,
      guid: /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(context.df.newGuid("name")),
    };
  });
  df.app.orchestration("timerLeft", function* (context) {
    yield context.df.Task.any([timer(context, 5000), context.df.callActivity("echo", {})]);
    return "returned";
  });
  df.app.orchestration("timerCancelled", function* (context) {
    const left = timer(context, 3_600_000);
    yield context.df.Task.any([left, context.df.callActivity("echo", {})]);
    left.cancel();
    return "returned";
  });
  df.app.orchestration("timer3", function* (context) {
    yield timer(context, 2000);
    return "t";
  });
  df.app.orchestration("allFail", function* (context) {
    const { gate } = context.df.getInput<{ gate: string }>();
    const failing = context.df.callActivity("fail", { msg: "one of all" });
    try {
      yield context.df.Task.all([failing, context.df.callActivity("hold", { gate })]);
    } catch {
      yield context.df.callActivity("note", { name: `${gate} compensated` });
      return "compensated";
    }
    return "unexpected";
  });
  df.app.orchestration("retry", function* (context) {
    const { key, succeedsAt } = context.df.getInput<{ key: string; succeedsAt: number }>();
    try {
      const result: unknown = yield context.df.callActivityWithRetry("flaky", new df.RetryOptions(100, 3), {
        key,
        succeedsAt,
      });
      return result;
    } catch (error) {
      return { gaveUp: messageOf(error).slice(0, shownOfRetry) };
    }
  });
  df.app.orchestration("parent", function* (context) {
    const { childId, fails } = context.df.getInput<{ childId?: string; fails: boolean }>();
    try {
      return (yield context.df.callSubOrchestrator("child", { fails }, childId)) as unknown;
    } catch (error) {
      return { caught: messageOf(error).slice(0, shownOfChild) };
    }
  });
  df.app.orchestration("child", function* (context) {
    if (context.df.getInput<{ fails: boolean }>().fails) throw new Error("child fails");
    return { id: context.df.instanceId, parent: context.df.parentInstanceId };
  });
  df.app.orchestration("input", function* (context) {
    const i = context.df.getInput<unknown>();
    return { type: kindOf(i), i };
  });
}
