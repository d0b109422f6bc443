import { forgetRetired } from "../../shared/person/forget.ts";
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { fulfilRequestName } from "../../orchestrations/fulfil-request.ts";
import type { LastLook } from "../../shared/desktop/activities.ts";
import { personId } from "../../shared/desktop/names.ts";
import type { LiveWork, Progress } from "../../shared/person/operation.ts";
import type { PersonRecord } from "../../shared/person/record.ts";
import { isUnfinished } from "../../shared/person/left-to-do.ts";
import { outcomeOf } from "../../shared/person/outcomes.ts";
import { type Stamp } from "../../shared/person/request.ts";
import { type Fence, generationOf, moveWork, replaceWork, workIdOf } from "../../shared/person/work.ts";
import type { Services } from "../services.ts";
import { isSuspendedByHand, type TaskHub } from "./task-hub.ts";

/**
 * A change to a person's record: a pure function of shared/person. It may run again if somebody else writes at the same
 * time.
 */
export type Change = (record: PersonRecord | null) => PersonRecord | null;

/** Returns the id and time of a new entry in a record. */
export function stamp({ now }: Pick<Services, "now">): Stamp {
  return { id: randomUUID(), at: now().toISOString() };
}

/** Applies a change to an existing record; creates none. */
export function ifThere(change: (record: PersonRecord) => PersonRecord): Change {
  return (record) => record && change(record);
}

/**
 * Changes a person's record, and forgets the person if everything of theirs is removed by then. Does not wake their orchestration: for changes that need no work, and for the
 * orchestration itself, which reads the record again.
 *
 * @param fence given if the person's orchestration writes; throws `work-replaced` if a newer generation took over
 * @param readSince what this process read or wrote of the record since then counts as current (`performance.now()`)
 */
export function changeRecord(
  { records }: Pick<Services, "records">,
  username: string,
  change: Change,
  fence?: Fence,
  readSince?: number,
): Promise<PersonRecord | null> {
  const andForget: Change = (record) => {
    const changed = change(record);
    return changed && forgetRetired(changed);
  };
  return records.update(personId(username), andForget, fence, readSince);
}

/**
 * Changes a person's record, then wakes their orchestration if there is anything left to do: the only way to ask for
 * work. After a crash between the two, the wake timer or a poll of the operation wakes it.
 */
export async function changeAndWake(
  services: Pick<Services, "records">,
  hub: TaskHub,
  username: string,
  change: (record: PersonRecord | null) => PersonRecord,
  readSince?: number,
): Promise<PersonRecord>;
export async function changeAndWake(
  services: Pick<Services, "records">,
  hub: TaskHub,
  username: string,
  change: Change,
  readSince?: number,
): Promise<PersonRecord | null>;
export async function changeAndWake(
  services: Pick<Services, "records">,
  hub: TaskHub,
  username: string,
  change: Change,
  readSince?: number,
): Promise<PersonRecord | null> {
  let before: PersonRecord | null = null;
  const noting: Change = (record) => change((before = record));
  const record = await changeRecord(services, username, noting, undefined, readSince);
  if (!record || !isUnfinished(record)) return record;
  await wake(hub, record);
  if (isSuperseded(before, record)) await tell(hub, record);
  return record;
}

/** True if the request took the place of one that has not ended. */
function isSuperseded(before: PersonRecord | null, { request }: PersonRecord): boolean {
  return before !== null && outcomeOf(before) === undefined && before.request.id !== request.id;
}

/** Ends a wait for what the person does not want any more. */
async function tell(hub: TaskHub, record: PersonRecord): Promise<void> {
  await hub.tellNews(workIdOf(record)).catch(() => {
    // The wait looks again by itself.
  });
}

/** An instance that shows its last look ends within one activity. */
const lastLooks = 20;
const lookMilliseconds = 100;

/**
 * Makes sure that a person's orchestration reads the record again after this call. One that runs does so before it
 * ends, unless it shows its last look: then this waits for its end and starts it again. If it has not ended after two
 * seconds, the wake timer starts the work.
 */
export async function wake(hub: TaskHub, record: PersonRecord): Promise<void> {
  const { username } = record.request;
  const instanceId = workIdOf(record);
  for (let look = 0; look < lastLooks; look += 1) {
    if ((await hub.startOnce(fulfilRequestName, instanceId, { username })) === "accepted") return;
    const instance = await hub.find(instanceId);
    if (instance?.isUnfinished && !isLastLook(instance.customStatus)) return;
    await pause(lookMilliseconds);
  }
}

/**
 * Replaces a person's orchestration that makes no progress. The record gets its next generation first, so that
 * whatever the old instance still does changes nothing. If the task hub cannot end the old instance, another one takes
 * its place: the lock does not rest on what the hub says of an instance that it has lost.
 *
 * @param reason why the old one is ended; null if the hub cannot even read it: then another takes its place at once
 */
export async function replace(
  services: Pick<Services, "records">,
  hub: TaskHub,
  username: string,
  notBefore: string,
  reason: string | null,
): Promise<void> {
  const replaced = await changeRecord(
    services,
    username,
    ifThere((record) => (isUnfinished(record) ? replaceWork(record, notBefore) : record)),
  );
  if (!replaced) return;
  const isRestarted =
    reason !== null &&
    (await hub.restart(fulfilRequestName, workIdOf(replaced), { username }, reason).then(
      () => true,
      () => false,
    ));
  if (isRestarted) return;
  const moved = await changeRecord(
    services,
    username,
    ifThere((record) => moveWork(record, generationOf(replaced))),
  );
  if (moved) await hub.startOnce(fulfilRequestName, workIdOf(moved), { username });
}

/** Returns the status of the person's orchestration; not running if there never was one. */
export async function liveWork(hub: TaskHub, record: PersonRecord): Promise<LiveWork> {
  const instance = await hub.find(workIdOf(record));
  if (!instance) return { running: false, progress: null };
  const { isUnfinished, customStatus, updatedAt } = instance;
  return {
    running: isUnfinished,
    suspended: isSuspendedByHand(instance),
    progress: isLastLook(customStatus) ? (customStatus.progress ?? null) : (customStatus as Progress | null),
    updatedAt: updatedAt.toISOString(),
  };
}

function isLastLook(customStatus: unknown): customStatus is LastLook {
  return typeof customStatus === "object" && customStatus !== null && "lastLook" in customStatus;
}
