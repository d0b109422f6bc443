import type { Services } from "../services.ts";
import { surveyDesktops } from "../gather/survey.ts";
import { prepareFastStarts } from "../work/fast-starts.ts";
import { forgetPeople } from "../work/forget-people.ts";
import { restartNotices } from "../work/stuck.ts";
import type { Implements } from "./activity.ts";

export function upkeepActivities(
  services: Services,
): Implements<"purgeFinished" | "refreshActiveChecks" | "restartNotices" | "forgetPeople" | "prepareFastStarts"> {
  const { settings, workspaces, now } = services;
  return {
    purgeFinished(_, { hub }) {
      return hub.purgeEnded(new Date(now().getTime() - settings.KEEP_FINISHED_DAYS * 86_400_000));
    },

    restartNotices: (_, { hub, error }) => restartNotices(services, hub, error),

    forgetPeople: (_, { hub, error }) => forgetPeople(services, hub, error),

    async prepareFastStarts(_, { info, error }) {
      const done = await prepareFastStarts(services, error);
      for (const words of done) info(`fast starts: ${words}`);
      return done;
    },

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
