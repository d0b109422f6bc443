import type { InvocationContext } from "@azure/functions";
import type { Services } from "../services.ts";
import type { LoneTimer } from "../timers/one-at-a-time.ts";
import type { Counts } from "../timers/timer.ts";
import type { TaskHub } from "../work/task-hub.ts";
import { startedAnswer, wakeAnswer } from "./answers.ts";
import { type Answer, endpoint } from "./endpoint.ts";
import * as examples from "./examples.ts";
import { type Route, tokenRoute } from "./route.ts";

const nothing = { woken: 0, replaced: 0, followed: 0, left: 0, failed: 0 };

/** Does at once what the timers of `WAKE_SCHEDULE` do. Its answer has counts: the log says about whom. */
export function wakeRoute(services: Services, timers: readonly LoneTimer[]): Route {
  return tokenRoute(services, "wakeNow", "maintenance/wake", {
    POST: endpoint({
      summary: "Pick up what nothing works on now, as the timers do",
      description:
        "Wakes requests that nothing works on, follows bindings that were scaled, suspends the desktops of people who left, " +
        "and keeps places free. What fails is in the log, and is tried again by the next call.",
      callers: ["admin", "timers"],
      answers: {
        200: { words: "What was done", body: wakeAnswer, example: examples.wakeRun },
        202: {
          words: "The process that answers is already at it; nothing was begun",
          body: startedAnswer,
          example: examples.wakeUnderWay,
        },
      },
      handle: ({ hub, context }) => wakeNow(timers, hub, context),
    }),
  });
}

/** One that fails does not stop the others; the first failure is the answer then. */
async function wakeNow(timers: readonly LoneTimer[], hub: TaskHub, context: InvocationContext): Promise<Answer> {
  const done: Counts[] = [];
  const faults: unknown[] = [];
  let isUnderWay = false;
  for (const timer of timers)
    try {
      const counts = await timer.unlessUnderWay(hub, context);
      if (counts === null) isUnderWay = true;
      else done.push(counts);
    } catch (error) {
      context.error(`${timer.name}: ${(error as Error).message}`);
      faults.push(error);
    }
  if (faults.length > 0) throw faults[0];
  if (isUnderWay) return { status: 202, body: { state: "running" } };
  return { status: 200, body: done.reduce(sumOf, nothing) };
}

function sumOf(one: Counts, other: Counts): Counts {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return Object.fromEntries([...names].map((name) => [name, (one[name] ?? 0) + (other[name] ?? 0)]));
}
