import { OrchestrationRuntimeStatus } from "durable-functions";
import type { Services } from "../services.ts";
import { surveyDesktops } from "../gather/survey.ts";
import { restartNotices } from "../work/stuck.ts";
import type { Implements } from "./activity.ts";

/** Instances are asked for from here on: older than any. */
const epoch = new Date(0);

export function upkeepActivities(
  services: Services,
): Implements<"purgeFinished" | "refreshActiveChecks" | "restartNotices"> {
  const { settings, workspaces, now } = services;
  return {
    async purgeFinished(_, { client }) {
      const before = new Date(now().getTime() - settings.KEEP_FINISHED_DAYS * 86_400_000);
      const { instancesDeleted } = await client.purgeInstanceHistoryBy({
        createdTimeFrom: epoch,
        createdTimeTo: before,
        runtimeStatus: [
          OrchestrationRuntimeStatus.Completed,
          OrchestrationRuntimeStatus.Failed,
          OrchestrationRuntimeStatus.Terminated,
        ],
      });
      return instancesDeleted;
    },

    restartNotices: (_, { client, error }) => restartNotices(services, client, error),

    async refreshActiveChecks(_, { error }) {
      const { desktops } = await surveyDesktops(services);
      let refreshed = 0;
      for (const { desktop, decision } of desktops) {
        const { binding, replicas, side } = desktop;
        if (binding === undefined || replicas === 0 || side.ready === 0 || decision.rule === "working") continue;
        try {
          await workspaces.recordStatus(binding, { lastActiveCheck: now().toISOString() });
          refreshed += 1;
        } catch (failure) {
          error(`refresh the binding ${binding}: ${(failure as Error).message} (tried again at the next run)`);
        }
      }
      return refreshed;
    },
  };
}
