import { workIdOf } from "../../shared/person/work.ts";
import { withoutFuture } from "../../shared/person/clock.ts";
import { isUnfinished } from "../../shared/person/left-to-do.ts";
import type { Services } from "../services.ts";
import { someAtATime } from "../some-at-a-time.ts";
import { changeRecord, ifThere } from "../work/person.ts";
import { keepWorking } from "../work/stuck.ts";
import { allNowAndThen } from "./all-now-and-then.ts";
import type { Timer } from "./timer.ts";

/** A release that labels records anew does so over some runs. */
const mostLabelled = 500;

/** One whose instance does not end takes seconds, and must not keep the others waiting. */
const peopleAtOnce = 8;

/**
 * Picks up requests that nothing works on: the process died between writing one and waking its orchestration, the
 * orchestration gave up while the cluster was unavailable, or it is stuck. Harmless if it runs twice or late.
 *
 * Reads the records that are labelled as open, and now and then all.
 */
export function wakeTimer(services: Services): Timer {
  const everybody = allNowAndThen(services.now);
  const readRecords = async () => {
    if (!everybody.isDue()) return services.records.open();
    const all = await services.records.all();
    everybody.done();
    return all;
  };
  return {
    name: "wakeForgotten",
    schedule: services.settings.WAKE_SCHEDULE,
    run: async (hub, context) => {
      const { records, damaged, mislabelled } = await readRecords();
      const counts = { woken: 0, replaced: 0, failed: 0 };
      const failed = (what: string, error: unknown) => {
        counts.failed += 1;
        context.error(`${what}: ${(error as Error).message} (tried again at the next run)`);
      };
      for (const { fault } of damaged) context.error(fault.message);
      await someAtATime(peopleAtOnce, mislabelled.slice(0, mostLabelled), async ({ request: { username } }) => {
        // Every write labels the record as its content says.
        await changeRecord(
          services,
          username,
          ifThere((record) => ({ ...record })),
        ).catch((error: unknown) => {
          failed("label a record", error);
        });
      });
      const now = services.now();
      await someAtATime(
        peopleAtOnce,
        records.filter((record) => withoutFuture(record, now) !== record),
        async ({ request: { username } }) => {
          const change = ifThere((record) => withoutFuture(record, now));
          await changeRecord(services, username, change).catch((error: unknown) => {
            failed("put right the times of a record", error);
          });
        },
      );
      await someAtATime(peopleAtOnce, records.filter(isUnfinished), async (record) => {
        const { id } = record.request;
        try {
          const found = await keepWorking(services, hub, record);
          if (found !== "working") counts[found] += 1;
          if (found === "woken") context.log(`woke the request ${id}, which nothing worked on`);
          if (found === "replaced")
            context.error(`replaced ${workIdOf(record)}, which made no progress on the request ${id}`);
        } catch (error) {
          failed(`wake the request ${id}`, error);
        }
      });
      return counts;
    },
  };
}
