import { app } from "@azure/functions";
import * as df from "durable-functions";
import { isUnfinished } from "../../shared/desktop/operation.ts";
import type { Services } from "../services.ts";
import { liveWork, wake } from "../wake.ts";

/**
 * Picks up requests that nobody works on: the process died between writing one and waking its orchestration, or the
 * orchestration gave up while the cluster was away. Harmless if it runs twice, or late.
 */
export function registerWake(services: Services): void {
  app.timer("wakeForgotten", {
    schedule: services.settings.WAKE_SCHEDULE,
    extraInputs: [df.input.durableClient()],
    handler: async (_timer, context) => {
      const client = df.getClient(context);
      const { records, damaged } = await services.requests.all();
      for (const reason of damaged) context.warn(reason);
      for (const record of records) {
        const { id, username } = record.request;
        if (!isUnfinished(record)) continue;
        try {
          if ((await liveWork(client, username)).running) continue;
          await wake(client, username);
          context.log(`woke the request ${id}, which nobody worked on`);
        } catch (error) {
          context.error(`wake the request ${id}: ${(error as Error).message} (tried again at the next run)`);
        }
      }
    },
  });
}
