import * as df from "durable-functions";
import { timer } from "./task-orchestrations.ts";

/** Orchestrations about events, continueAsNew, and what clients do to an instance while it runs. */
export function registerEventOrchestrations(): void {
  df.app.orchestration("waits", function* (context) {
    const got: unknown = yield context.df.waitForExternalEvent("go");
    return { got };
  });
  df.app.orchestration("waitsLate", function* (context) {
    yield context.df.callActivity("hold", context.df.getInput());
    const first: unknown = yield context.df.waitForExternalEvent("go");
    const second: unknown = yield context.df.waitForExternalEvent("go");
    return [first, second];
  });
  df.app.orchestration("twoWaiters", function* (context) {
    const waiters = [context.df.waitForExternalEvent("go"), context.df.waitForExternalEvent("go")];
    return (yield context.df.Task.all(waiters)) as unknown[];
  });
  df.app.orchestration("eventTypes", function* (context) {
    const results: unknown[] = [];
    for (let count = 0; count < 5; count += 1) {
      const v: unknown = yield context.df.waitForExternalEvent("go");
      results.push({ type: v === null ? "null" : typeof v, v });
    }
    return results;
  });
  df.app.orchestration("againWithEvents", function* (context) {
    const { gate } = context.df.getInput<{ gate: string | null }>();
    if (gate !== null) {
      yield context.df.callActivity("hold", { gate });
      context.df.continueAsNew({ gate: null });
      return undefined;
    }
    return (yield context.df.waitForExternalEvent("go")) as unknown;
  });
  df.app.orchestration("againWithTimer", function* (context) {
    const { turn } = context.df.getInput<{ turn: number }>();
    // The second turn's timer has the same sequence id as the first one's, which was cancelled and is still in the
    // queue.
    const waiting = timer(context, turn === 1 ? 1000 : 3_600_000);
    const winner: unknown = yield context.df.Task.any([waiting, context.df.callActivity("echo", {})]);
    waiting.cancel();
    if (turn === 1) {
      context.df.continueAsNew({ turn: 2 });
      return undefined;
    }
    return winner === waiting ? "stale timer" : "second";
  });
  df.app.orchestration("twoSteps", function* (context) {
    const { gate } = context.df.getInput<{ gate: string }>();
    yield context.df.callActivity("hold", { gate });
    yield context.df.callActivity("note", { name: `after ${gate}` });
    return "done";
  });
  df.app.orchestration("reports", function* (context) {
    context.df.setCustomStatus({ phase: 1 });
    yield context.df.callActivity("echo", {});
    context.df.setCustomStatus({ phase: 2 });
    yield context.df.waitForExternalEvent("go");
    return "x";
  });
}
