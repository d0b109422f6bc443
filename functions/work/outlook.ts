import { personId } from "../../shared/desktop/names.ts";
import type { PersonRecord } from "../../shared/person/record.ts";
import type { Services } from "../services.ts";
import { expectedAt, placeIn } from "./queue.ts";
import type { Outlook } from "./waits.ts";

/**
 * Says what can be said of a start that has not ended. Empty if nothing starts for the newest request. Never throws: what it needs may be missing where the record can be read.
 *
 * @param mayWait false if nobody is known to wait in the queue: then it is not read
 */
export async function outlookOf(services: Services, record: PersonRecord, mayWait = true): Promise<Outlook> {
  const { admission, request } = record;
  if (!admission) return {};
  const { image, state } = admission;
  try {
    const usually = image === undefined ? undefined : await services.starts.estimate(request.id, image);
    if (state === "admitted" || !mayWait) return { usually };
    const queue = await services.queue();
    const own = { ...admission, person: personId(request.username) };
    const place = await placeIn(services, queue, own);
    if (place.admitted) return { usually };
    return { usually, queue: { ...place, expected: await expectedAt(services, place, image, queue) } };
  } catch {
    return {};
  }
}
