import { personId } from "../../shared/desktop/names.ts";
import { instanceIdsOf, isOutdated, isRetired } from "../../shared/person/forget.ts";
import type { PersonRecord } from "../../shared/person/record.ts";
import { isAnythingLeft } from "../gather/desktops-of-person.ts";
import type { Services } from "../services.ts";
import { someAtATime } from "../some-at-a-time.ts";
import { changeRecord, ifThere } from "./person.ts";
import type { TaskHub } from "./task-hub.ts";

/** As many people as one activity looks up in time, and as many at once as the outside systems bear. */
const peopleInARun = 200;
const peopleAtOnce = 4;

/**
 * Deletes what is kept of people who have nothing any more: the claims and the histories of those who were retired at once,
 * and the records of all after RECORD_RETENTION_DAYS. One that cannot be deleted does not stop the others.
 *
 * @returns how many records were deleted
 */
export async function forgetPeople(
  services: Services,
  hub: TaskHub,
  error: (message: string) => void,
): Promise<number> {
  const { records } = await services.records.all();
  // People with a desktop are the most of those who want none, and need no further look.
  const { deployed } = await services.desktops.findDeployed();
  const withDesktop = new Set(deployed.map(({ username }) => username));
  const without = records.filter(({ request }) => !withDesktop.has(request.username));
  const isOver = outdatedNow(services);
  const retired = without.filter((record) => isRetired(record) && !isOver(record)).sort(newestFirst);
  const due = [...without.filter(isOver).slice(0, peopleInARun), ...retired.slice(0, peopleInARun)];
  const forgotten = await someAtATime(peopleAtOnce, due, (record) =>
    forgetPerson(services, hub, record).catch((failure: unknown) => {
      error(`forget ${record.request.username}: ${(failure as Error).message} (tried again at the next run)`);
      return false;
    }),
  );
  return forgotten.filter(Boolean).length;
}

function newestFirst({ request: one }: PersonRecord, { request: other }: PersonRecord): number {
  return Date.parse(other.requestedAt) - Date.parse(one.requestedAt);
}

function outdatedNow({ settings, now }: Pick<Services, "settings" | "now">): (record: PersonRecord) => boolean {
  const at = now();
  return (record) => isOutdated(record, settings.RECORD_RETENTION_DAYS, at);
}

async function forgetPerson(services: Services, hub: TaskHub, record: PersonRecord): Promise<boolean> {
  const { username } = record.request;
  const isOver = outdatedNow(services);
  // Releases up to 0.1.0 kept claims after a retirement.
  if (isRetired(record))
    await changeRecord(
      services,
      username,
      ifThere((current) => current),
    );
  if (isOver(record) && (await isAnythingLeft(services, username))) return false;
  for (const instanceId of instanceIdsOf(record)) if (!(await hub.purge(instanceId))) return false;
  return isOver(record) && services.records.remove(personId(username), isOver);
}
