import { ask as askIn } from "../../shared/person/ask.ts";
import { personId } from "../../shared/desktop/names.ts";
import type { Arrival } from "../../shared/person/presence.ts";
import type { PersonRecord } from "../../shared/person/record.ts";
import type { Wish } from "../../shared/person/request.ts";
import { soon } from "../gather/rows.ts";
import type { Services } from "../services.ts";
import { changeAndWake, stamp } from "./person.ts";
import type { TaskHub } from "./task-hub.ts";

/**
 * Writes a wish into the person's record, and wakes the work on it. The returned record's request is the new one, or
 * the previous one if it asks for the same.
 *
 * @param asItEnded returns true if the desktop is still as a finished request for the same left it; called only if there is
 * such a request. Doubt counts as no: the work then finds out what to do, and starts a stopped database on its way
 * @param arrival given if the call shows that the person is present
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
  const holds = last?.workspace === wish.workspace && (await soon(asItEnded()).catch(() => false));
  return changeAndWake(services, hub, username, (record) =>
    askIn(record, username, wish, now, {
      stillTrue: ({ id }) => holds && id === last.id,
      arrival: arrival && { ...arrival, at: now.at },
    }),
  );
}
