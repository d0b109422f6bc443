import type { InvocationContext } from "@azure/functions";
import type { TaskHub } from "../work/task-hub.ts";
import type { Counts, Timer } from "./timer.ts";

/** A timer whose work this process never does twice at the same time, whoever asks for it. */
export interface LoneTimer extends Timer {
  /** Does the work; null if it is under way already, and then nothing is done. */
  unlessUnderWay: (hub: TaskHub, context: InvocationContext) => Promise<Counts | null>;
}

/** Work that keeps something in memory between its runs must not overlap. Other processes may still run theirs. */
export function oneAtATime({ name, schedule, run }: Timer): LoneTimer {
  let isUnderWay = false;
  const unlessUnderWay = async (hub: TaskHub, context: InvocationContext) => {
    if (isUnderWay) return null;
    isUnderWay = true;
    try {
      return await run(hub, context);
    } finally {
      isUnderWay = false;
    }
  };
  return {
    name,
    schedule,
    unlessUnderWay,
    async run(hub, context) {
      const counts = await unlessUnderWay(hub, context);
      if (counts === null) context.warn(`${name}: the previous run has not finished; this run is skipped`);
      return counts ?? {};
    },
  };
}
