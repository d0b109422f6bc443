import { reapName } from "../../orchestrations/reap.ts";
import { reconcileName } from "../../orchestrations/reconcile.ts";
import { upkeepName } from "../../orchestrations/upkeep.ts";
import type { Services } from "../services.ts";
import { keepRunning } from "../work/stuck.ts";
import type { Timer } from "./timer.ts";

/** The timers that start one orchestration each, unless the previous run is still under way. */
export function runTimers(services: Services): Timer[] {
  const { settings } = services;
  const schedules = {
    [reapName]: settings.REAP_SCHEDULE,
    [reconcileName]: settings.RECONCILE_SCHEDULE,
    [upkeepName]: settings.UPKEEP_SCHEDULE,
  };
  return Object.entries(schedules).map(([name, schedule]) => ({
    name: `${name}Timer`,
    schedule,
    run: async (hub, context) => {
      const found = await keepRunning(services, hub, name);
      if (found === "runs") context.warn(`${name}: the previous run has not finished; this run is skipped`);
      if (found === "replaced") context.error(`replaced the previous run of ${name}, which made no progress`);
      return {};
    },
  }));
}
