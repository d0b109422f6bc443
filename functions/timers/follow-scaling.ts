import { mayNeedCorrection, scaledPeople } from "../../shared/lifecycle/scaling.ts";
import { type Services, today } from "../services.ts";
import { correctBindings, findLeft, followPerson } from "../work/follow-scaling.ts";
import type { Timer } from "./timer.ts";

/**
 * Treats a binding that was scaled by hand, or by the operator's Keycloak extension, as its person's request. A login
 * that Keycloak reports does the same for its person at once. Our own writes mark the value as seen, so they are never
 * mistaken for a request. Bindings that do not say what runs are corrected. Harmless if it runs twice or late.
 */
export function followScalingTimer(services: Services): Timer {
  return {
    name: "followScaling",
    schedule: services.settings.WAKE_SCHEDULE,
    run: async (hub, context) => {
      const [{ bindings }, left, { records }] = await Promise.all([
        services.workspaces.known(),
        findLeft(services),
        services.records.all(),
      ]);
      const follower = {
        hub,
        log: (message: string) => {
          context.log(message);
        },
        warn: (message: string) => {
          context.warn(message);
        },
      };
      const attempt = async (what: string, work: () => Promise<void>) => {
        try {
          await work();
        } catch (error) {
          context.error(`${what}: ${(error as Error).message} (tried again at the next run)`);
        }
      };
      for (const person of scaledPeople(bindings, left, today(services))) {
        const { username, chosen, given, unchanged } = person;
        const names = [...chosen, ...given, ...unchanged].flatMap((desktop) =>
          desktop.bindings.map(({ name }) => name),
        );
        await attempt(`follow the scaling of ${names.join(", ")} (${username})`, () =>
          followPerson(services, person, follower),
        );
      }
      for (const username of mayNeedCorrection(bindings, records))
        await attempt(`correct the bindings of ${username}`, () => correctBindings(services, username));
    },
  };
}
