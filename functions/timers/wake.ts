import { workIdOf } from "../../shared/person/work.ts";
import { withoutFuture } from "../../shared/person/clock.ts";
import { isUnfinished } from "../../shared/person/request.ts";
import type { Services } from "../services.ts";
import { someAtATime } from "../some-at-a-time.ts";
import { changeRecord, ifThere } from "../work/person.ts";
import { keepWorking } from "../work/stuck.ts";
import type { Timer } from "./timer.ts";

/** One whose instance does not end takes seconds, and must not keep the others waiting. */
const peopleAtOnce = 8;

/**
 * Picks up requests that nothing works on: the process died between writing one and waking its orchestration, the
 * orchestration gave up while the cluster was unavailable, or it is stuck. Harmless if it runs twice or late.
 */
export function wakeTimer(services: Services): Timer {
  return {
    name: "wakeForgotten",
    schedule: services.settings.WAKE_SCHEDULE,
    run: async (hub, context) => {
      const { records, damaged } = await services.records.all();
      for (const { fault } of damaged) context.error(fault.message);
      const now = services.now();
      await someAtATime(
        peopleAtOnce,
        records.filter((record) => withoutFuture(record, now) !== record),
        async ({ request: { username } }) => {
          const change = ifThere((record) => withoutFuture(record, now));
          await changeRecord(services, username, change).catch((error: unknown) => {
            context.error(`put right the times of a record: ${(error as Error).message} (tried again at the next run)`);
          });
        },
      );
      await someAtATime(peopleAtOnce, records.filter(isUnfinished), async (record) => {
        const { id } = record.request;
        try {
          const found = await keepWorking(services, hub, record);
          if (found === "woken") context.log(`woke the request ${id}, which nothing worked on`);
          if (found === "replaced")
            context.error(`replaced ${workIdOf(record)}, which made no progress on the request ${id}`);
        } catch (error) {
          context.error(`wake the request ${id}: ${(error as Error).message} (tried again at the next run)`);
        }
      });
    },
  };
}
