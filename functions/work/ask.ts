import { ask as askIn } from "../../shared/person/ask.ts";
import { personId } from "../../shared/desktop/names.ts";
import type { Arrival } from "../../shared/person/presence.ts";
import type { PersonRecord } from "../../shared/person/record.ts";
import type { Wish } from "../../shared/person/request.ts";
import type { Services } from "../services.ts";
import { changeAndWake, stamp } from "./person.ts";
import type { TaskHub } from "./task-hub.ts";

/**
 * Writes what a person is to have into their record, and wakes the work towards it. The record's request is the one that was
 * asked for, or the one before it if that says the same.
 *
 * @param asItEnded whether the desktop is still as a finished request for the same left it; asked only if there is such a
 * request. Doubt counts as no: the work finds out what is to be done, and starts a stopped database on its way
 * @param arrival given if asking shows that the person is there
 */
export async function ask(
  services: Services,
  hub: TaskHub,
  username: string,
  wish: Wish,
  asItEnded: () => Promise<boolean>,
  arrival?: Omit<Arrival, "at">,
): Promise<PersonRecord> {
  const now = stamp(services);
  const last = (await services.records.read(personId(username)))?.request;
  const holds = last?.workspace === wish.workspace && (await asItEnded().catch(() => false));
  return changeAndWake(services, hub, username, (record) =>
    askIn(record, username, wish, now, {
      stillTrue: ({ id }) => holds && id === last.id,
      arrival: arrival && { ...arrival, at: now.at },
    }),
  );
}
