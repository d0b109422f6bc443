import { ask as askIn } from "../../shared/person/ask.ts";
import { intervene } from "../../shared/person/interventions.ts";
import { personId } from "../../shared/desktop/names.ts";
import type { Arrival } from "../../shared/person/presence.ts";
import type { PersonRecord } from "../../shared/person/record.ts";
import type { Wish } from "../../shared/person/request.ts";
import { soon } from "../gather/rows.ts";
import type { Services } from "../services.ts";
import { changeAndWake, stamp } from "./person.ts";
import type { TaskHub } from "./task-hub.ts";

/** The record whose request is the wish, and whether that request is new. */
export interface Asked {
  record: PersonRecord;
  isNew: boolean;
}

/** What a caller adds to a wish. */
export interface Asker {
  mayStart?: (() => Promise<void>) | undefined;
  arrival?: Omit<Arrival, "at"> | undefined;
  /** Given if an administrator asks in the person's place. */
  administrator?: { by: string; action: string; workspace: string; reason?: string | undefined } | undefined;
}

/**
 * Writes a wish into the person's record, and wakes the work on it. If the previous request asks for the same, it stays.
 *
 * @param asItEnded returns true if the desktop is still as a finished request for the same left it; called only if there is
 * such a request. Doubt counts as no: the work then finds out what to do, and starts a stopped database on its way
 * @param mayStart throws if no new work may begin; not asked if the desktop is as it should be
 * @param arrival given if the call shows that the person is present
 */
export async function ask(
  services: Services,
  hub: TaskHub,
  username: string,
  wish: Wish,
  asItEnded: () => Promise<boolean>,
  { mayStart, arrival, administrator }: Asker = {},
): Promise<Asked> {
  const now = stamp(services);
  const begun = performance.now();
  const last = (await services.records.read(personId(username)))?.request;
  const holds = last?.workspace === wish.workspace && (await soon(asItEnded()).catch(() => false));
  if (!holds) await mayStart?.();
  const change = (record: PersonRecord | null) => {
    const asked = askIn(record, username, wish, now, {
      stillTrue: ({ id }) => holds && id === last.id,
      arrival: arrival && { ...arrival, at: now.at },
    });
    return administrator ? intervene(asked, { ...administrator, at: now.at, id: asked.request.id }) : asked;
  };
  const record = await changeAndWake(services, hub, username, change, begun);
  return { record, isNew: record.request.id === now.id };
}
