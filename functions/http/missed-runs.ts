import { reapName } from "../../orchestrations/reap.ts";
import { reconcileName } from "../../orchestrations/reconcile.ts";
import { upkeepName } from "../../orchestrations/upkeep.ts";
import type { Services } from "../services.ts";
import type { TaskHub } from "../work/task-hub.ts";
import { lastRun } from "./runs.ts";

/** Upkeep, the rarest of them, is called every hour. */
const longHours = 3;

/**
 * Which runs nobody has called for lately, though the app has no timers of its own, in words for operators. A task hub that does
 * not answer is reported elsewhere.
 */
export async function missedRuns(
  { settings, now, startedAt }: Pick<Services, "settings" | "now" | "startedAt">,
  hub: TaskHub,
): Promise<string[]> {
  if (settings.TIMERS !== "external") return [];
  const longAgo = now().getTime() - longHours * 3_600_000;
  const words = await Promise.all(
    [reapName, reconcileName, upkeepName].map(async (name) => {
      const last = await lastRun(hub, name).catch(() => undefined);
      if (last === undefined) return [];
      const since = last?.startedAt ?? startedAt.toISOString();
      if (Date.parse(since) > longAgo) return [];
      return [
        `nobody has called POST /maintenance/${name} since ${since}, and TIMERS is external (look at the CronJobs, or whatever calls; docs/deploy.md)`,
      ];
    }),
  );
  return words.flat();
}
