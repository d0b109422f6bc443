import { mayBeScaled, mayNeedCorrection, scaledPeople } from "../../shared/lifecycle/scaling.ts";
import { isOpen } from "../../shared/person/left-to-do.ts";
import { type Services, today } from "../services.ts";
import { correctBindings, findLeft, followPerson } from "../work/follow-scaling.ts";
import { allNowAndThen } from "./all-now-and-then.ts";
import type { Timer } from "./timer.ts";

/**
 * Treats a binding that was scaled by hand, or by the operator's Keycloak extension, as its person's request. A login
 * that Keycloak reports does the same for its person at once. Our own writes mark the value as seen, so they are never
 * mistaken for a request. Bindings that do not say what runs are corrected. Harmless if it runs twice or late.
 *
 * Reads what changed. Bindings are corrected of people with work left, or who had some in the run before, and of those whose
 * bindings changed; now and then, of everybody.
 */
export function followScalingTimer(services: Services): Timer {
  const everybody = allNowAndThen(services.now);
  let again: ReadonlySet<string> = new Set();

  async function recordsToCompare() {
    if (everybody.isDue()) {
      const { records } = await services.records.all();
      everybody.done();
      return records;
    }
    const { records: open } = await services.records.open();
    const known = new Set(open.map(({ request }) => request.username));
    const others = await services.records.ofPeople([...again].filter((username) => !known.has(username)));
    return [...open, ...others.records];
  }

  return {
    name: "followScaling",
    schedule: services.settings.WAKE_SCHEDULE,
    run: async (hub, context) => {
      const { bindings, changed } = await services.workspaces.scaling();
      // Kept if this run fails, by whatever comes next: what changed is told once.
      again = new Set([...again, ...(changed ?? [])]);
      const left = await findLeft(services);
      const records = await recordsToCompare();
      const next = new Set(records.filter(isOpen).map(({ request }) => request.username));
      const follower = {
        hub,
        log: (message: string) => {
          context.log(message);
        },
        warn: (message: string) => {
          context.warn(message);
        },
      };
      const counts = { followed: 0, failed: 0 };
      const attempt = async (what: string, username: string, work: () => Promise<void>) => {
        try {
          await work();
        } catch (error) {
          counts.failed += 1;
          next.add(username);
          context.error(`${what}: ${(error as Error).message} (tried again at the next run)`);
        }
      };
      const scaled = new Set(bindings.filter((each) => mayBeScaled(each, left)).map(({ username = "" }) => username));
      const theirs = bindings.filter(({ username = "" }) => scaled.has(username));
      for (const person of scaledPeople(theirs, left, today(services))) {
        const { username, chosen, given, unchanged } = person;
        const names = [...chosen, ...given, ...unchanged].flatMap((desktop) =>
          desktop.bindings.map(({ name }) => name),
        );
        next.add(username);
        await attempt(`follow the scaling of ${names.join(", ")} (${username})`, username, async () => {
          await followPerson(services, person, follower);
          counts.followed += 1;
        });
      }
      for (const username of mayNeedCorrection(bindings, records))
        await attempt(`correct the bindings of ${username}`, username, () => correctBindings(services, username));
      again = next;
      return counts;
    },
  };
}
