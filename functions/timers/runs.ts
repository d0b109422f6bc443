import { app } from "@azure/functions";
import * as df from "durable-functions";
import { reapName } from "../../orchestrations/reap.ts";
import { reconcileName } from "../../orchestrations/reconcile.ts";
import { upkeepName } from "../../orchestrations/upkeep.ts";
import type { Services } from "../services.ts";
import { keepRunning } from "../work/stuck.ts";

/** The timers whose work is one orchestration each. One that still goes on is not started again: the next time will do. */
export function registerRuns(services: Services): void {
  const { settings } = services;
  const schedules = {
    [reapName]: settings.REAP_SCHEDULE,
    [reconcileName]: settings.RECONCILE_SCHEDULE,
    [upkeepName]: settings.UPKEEP_SCHEDULE,
  };
  for (const [name, schedule] of Object.entries(schedules)) {
    app.timer(`${name}Timer`, {
      schedule,
      extraInputs: [df.input.durableClient()],
      handler: async (_timer, context) => {
        const found = await keepRunning(services, df.getClient(context), name);
        if (found === "runs") context.warn(`${name}: the run before this one still goes on`);
        if (found === "replaced") context.error(`replaced the run of ${name} before this one, which made no progress`);
      },
    });
  }
}
