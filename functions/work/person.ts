import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { fulfilRequestName } from "../../orchestrations/fulfil-request.ts";
import type { LastLook } from "../../shared/desktop/activities.ts";
import { personId } from "../../shared/desktop/names.ts";
import type { LiveWork, Progress } from "../../shared/person/operation.ts";
import type { PersonRecord } from "../../shared/person/record.ts";
import { isUnfinished, type Stamp } from "../../shared/person/request.ts";
import { type Fence, instanceIdOf, replaceWork } from "../../shared/person/work.ts";
import type { Services } from "../services.ts";
import type { TaskHub } from "./task-hub.ts";

/** A change to a person's record: a pure function of shared/person. It may run again if somebody else writes meanwhile. */
export type Change = (record: PersonRecord | null) => PersonRecord | null;

/** The id and the instant of a new entry in a record. */
export function stamp({ now }: Pick<Services, "now">): Stamp {
  return { id: randomUUID(), at: now().toISOString() };
}

/** Applies a change to a record that is there; a person without one stays without. */
export function ifThere(change: (record: PersonRecord) => PersonRecord): Change {
  return (record) => record && change(record);
}

/**
 * Changes a person's record without waking anybody: for what asks for no work, and for the person's own orchestration, which
 * reads the record again.
 *
 * @param fence given if the person's orchestration writes; throws `work-replaced` if a newer generation took over
 */
export function changeRecord(
  { records }: Pick<Services, "records">,
  username: string,
  change: Change,
  fence?: Fence,
): Promise<PersonRecord | null> {
  return records.update(personId(username), change, fence);
}

/**
 * Changes a person's record, then wakes their orchestration if there is anything left to do: the one way in which anything
 * is asked for. A crash between the two is cured by the wake timer, or by whoever looks at the operation.
 */
export async function changeAndWake(
  services: Pick<Services, "records">,
  hub: TaskHub,
  username: string,
  change: (record: PersonRecord | null) => PersonRecord,
): Promise<PersonRecord>;
export async function changeAndWake(
  services: Pick<Services, "records">,
  hub: TaskHub,
  username: string,
  change: Change,
): Promise<PersonRecord | null>;
export async function changeAndWake(
  services: Pick<Services, "records">,
  hub: TaskHub,
  username: string,
  change: Change,
): Promise<PersonRecord | null> {
  const record = await changeRecord(services, username, change);
  if (record && isUnfinished(record)) await wake(hub, username);
  return record;
}

/** An instance that took its last look is at its end within one activity. */
const lastLooks = 20;
const lookMilliseconds = 100;

/**
 * Makes sure that a person's orchestration reads the record again after this call. One that runs does so before it ends,
 * unless it says that it took its last look: then it is waited for and started again. If it has not ended after two
 * seconds, the wake timer starts the work.
 */
export async function wake(hub: TaskHub, username: string): Promise<void> {
  for (let look = 0; look < lastLooks; look += 1) {
    if ((await hub.startOnce(fulfilRequestName, instanceIdOf(username), { username })) === "accepted") return;
    const instance = await hub.find(instanceIdOf(username));
    if (instance?.isUnfinished && !isLastLook(instance.customStatus)) return;
    await pause(lookMilliseconds);
  }
}

/**
 * Replaces a person's orchestration that makes no progress. The record's next generation comes first, so that whatever the
 * old one still does changes nothing.
 */
export async function replace(
  services: Pick<Services, "records">,
  hub: TaskHub,
  username: string,
  notBefore: string,
  reason: string,
): Promise<void> {
  await changeRecord(
    services,
    username,
    ifThere((record) => (isUnfinished(record) ? replaceWork(record, notBefore) : record)),
  );
  await hub.restart(fulfilRequestName, instanceIdOf(username), { username }, reason);
}

/** What the person's orchestration shows of itself; not running if there never was one. */
export async function liveWork(hub: TaskHub, username: string): Promise<LiveWork> {
  const instance = await hub.find(instanceIdOf(username));
  if (!instance) return { running: false, progress: null };
  const { isUnfinished, customStatus, updatedAt } = instance;
  return {
    running: isUnfinished,
    progress: isLastLook(customStatus) ? null : (customStatus as Progress | null),
    updatedAt: updatedAt.toISOString(),
  };
}

function isLastLook(customStatus: unknown): customStatus is LastLook {
  return typeof customStatus === "object" && customStatus !== null && "lastLook" in customStatus;
}
