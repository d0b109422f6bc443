import { type FollowNoticeInput, followNoticeName, longestPauseSeconds } from "../../orchestrations/follow-notice.ts";
import type { PersonRecord } from "../../shared/person/record.ts";
import { extensionOf } from "../../shared/person/extension.ts";
import { noteHeldUp } from "../../shared/person/admission.ts";
import { isDue, isUnfinished, wasDue } from "../../shared/person/left-to-do.ts";
import { instanceIdOf, isTakingOver, settleMilliseconds, workIdOf } from "../../shared/person/work.ts";
import type { Services } from "../services.ts";
import { changeRecord, ifThere, replace, wake } from "./person.ts";
import { type Instance, isFailed, isSuspendedByHand, type TaskHub } from "./task-hub.ts";
import { someAtATime } from "../some-at-a-time.ts";

/** After a crash, work goes on within about a minute (host.json's visibility timeouts); longer silence is reported. */
const quietMilliseconds = 120_000;

/**
 * Longer than anybody waits between two looks (four minutes, see awaitAdmission), and a crash holds up work: whoever starts or
 * waits and has not looked for so long leaves their turn to others. Each look writes to the history of the instance.
 */
const turnMilliseconds = 5 * 60_000;

/** At most this many instances are read at the same time. */
const looksAtOnce = 20;

/**
 * After an outage of the app, work in flight is late and not stuck, so silence counts from the app's start. But an app that is
 * restarted often (scaled to zero, recycled) never runs for long: from this many times as long on, silence counts whatever
 * the app did. Replacing work that was only late delays it by two minutes.
 */
const longSilence = 3;

/**
 * True if an instance that should work has not written to its history for this long. One that was suspended by hand is
 * waiting, not silent. A time in the future is that of a clock that was put back since, and says nothing; one so far ahead
 * that waiting for it would be silence itself counts from the app's start.
 */
function isSilent({ now, startedAt }: Services, instance: Instance, milliseconds: number): boolean {
  if (isSuspendedByHand(instance)) return false;
  const running = now().getTime() - startedAt.getTime();
  const since = now().getTime() - instance.updatedAt.getTime();
  const silent = since < -milliseconds ? running : since;
  const isLate = running >= 0 && running <= milliseconds;
  return silent > milliseconds && (!isLate || silent > longSilence * milliseconds);
}

function stuckAfter({ settings }: Services): number {
  return settings.STUCK_AFTER_MINUTES * 60_000;
}

/**
 * Makes sure that an unfinished record is worked on: starts the person's orchestration if it is not running, and
 * replaces one that makes no progress.
 */
export async function keepWorking(
  services: Services,
  hub: TaskHub,
  record: PersonRecord,
): Promise<"working" | "woken" | "replaced"> {
  const { username } = record.request;
  const afterSettling = () => new Date(services.now().getTime() + settleMilliseconds).toISOString();
  const found = await findAnyway(services, hub, record);
  if (found === "unreadable") {
    await replace(services, hub, username, afterSettling(), null);
    return "replaced";
  }
  const now = services.now();
  if (!found?.isUnfinished) {
    if (!isDue(record, now)) return "working";
    await wake(hub, record);
    return "woken";
  }
  await noteIfHeldUp(services, record, found);
  if (isTakingOver(record, now) || !isSilent(services, found, stuckAfter(services))) return "working";

  await replace(services, hub, username, afterSettling(), describeSilence(found));
  return "replaced";
}

/** A start whose work was suspended by hand, and may be so for days, or is silent leaves its turn to others until it goes on. */
async function noteIfHeldUp(services: Services, record: PersonRecord, found: Instance): Promise<void> {
  const isHeldUp = isSuspendedByHand(found) || isSilent(services, found, turnMilliseconds);
  const at = isHeldUp ? services.now().toISOString() : null;
  const { request } = record;
  if (noteHeldUp(record, request, at) === record) return;
  await changeRecord(
    services,
    request.username,
    ifThere((current) => noteHeldUp(current, request, at)),
  );
}

/**
 * The instance that works on this record, or that the task hub cannot read it, though it reads others, and the work is long
 * due: on Azure Storage a part of it may be lost (Azure/durabletask#1215). Throws if the hub does not answer.
 */
async function findAnyway(
  services: Services,
  hub: TaskHub,
  record: PersonRecord,
): Promise<Instance | null | "unreadable"> {
  const instanceId = workIdOf(record);
  try {
    return await hub.find(instanceId);
  } catch (error) {
    const longAgo = new Date(services.now().getTime() - stuckAfter(services));
    const takenOver = record.work ? new Date(record.work.notBefore) : longAgo;
    if (services.startedAt > longAgo || takenOver > longAgo || !wasDue(record, longAgo)) throw error;
    await hub.find(spareIdOf(instanceId)); // nobody's: does the hub answer at all?
    return hub.find(instanceId).catch(() => "unreadable" as const);
  }
}

/** The id of a run whose usual instance the task hub cannot end. */
export function spareIdOf(name: string): string {
  return `${name}-spare`;
}

/**
 * Starts a run that has one instance at a time, and replaces one that makes no progress: its effects may be repeated. If the
 * task hub cannot end that one, the run gets another instance.
 */
export async function keepRunning(
  services: Services,
  hub: TaskHub,
  name: string,
  input: object = {},
  instanceId: string = name,
): Promise<"started" | "runs" | "replaced"> {
  if ((await hub.startOnce(name, instanceId, input)) === "accepted") return "started";
  const instance = await hub.find(instanceId);
  if (!instance?.isUnfinished || !isSilent(services, instance, stuckAfter(services))) return "runs";
  const why = describeSilence(instance);
  try {
    await hub.restart(name, instanceId, input, why);
    return "replaced";
  } catch {
    const spare = spareIdOf(instanceId);
    if ((await hub.startOnce(name, spare, input)) === "accepted") return "replaced";
    const other = await hub.find(spare);
    if (!other?.isUnfinished || !isSilent(services, other, stuckAfter(services))) return "runs";
    await hub.restart(name, spare, input, describeSilence(other));
    return "replaced";
  }
}

/**
 * Restarts notices that make no progress, with their input. One that cannot be restarted does not stop the others.
 *
 * @param tell logs for operators
 * @returns how many were restarted
 */
export async function restartNotices(
  services: Services,
  hub: TaskHub,
  tell: (message: string) => void,
): Promise<number> {
  let restarted = 0;
  for (const instanceId of await hub.listUnfinished(followNoticeName)) {
    try {
      const instance = await hub.find(instanceId);
      if (!instance?.isUnfinished) continue;
      const input = instance.input as FollowNoticeInput;
      // It waits on purpose: before a retry, and at its end until the same notice can no longer be sent.
      const untilReplayed = Date.parse(input.replayableUntil) - instance.updatedAt.getTime();
      const mayWait = Math.max(longestPauseSeconds * 1_000, untilReplayed);
      if (!isSilent(services, instance, mayWait + stuckAfter(services))) continue;
      if (!(await restartNotice(hub, instanceId, input, describeSilence(instance)))) continue;
      restarted += 1;
      tell(`replaced ${instanceId}, a notice of the identity provider: ${describeSilence(instance)}`);
    } catch (error) {
      tell(`restart the notice ${instanceId}: ${(error as Error).message} (tried again at the next run)`);
    }
  }
  return restarted;
}

/** False if it was given another instance before, because the task hub cannot end this one. */
async function restartNotice(
  hub: TaskHub,
  instanceId: string,
  input: FollowNoticeInput,
  why: string,
): Promise<boolean> {
  const spare = spareIdOf(instanceId);
  if (await hub.find(spare)) return false;
  try {
    await hub.restart(followNoticeName, instanceId, input, why);
  } catch {
    await hub.startOnce(followNoticeName, spare, input);
  }
  return true;
}

/** Describes for operators what makes no progress, or was replaced and has not begun; instance ids name no people. */
export async function describeStuck(
  services: Services,
  hub: TaskHub,
  records: readonly PersonRecord[],
  runs: readonly string[],
): Promise<string[]> {
  const now = services.now();
  const words: string[] = [];
  const instanceIds = [...runs];
  words.push(...describeOverdueLeaves(services, records));
  for (const record of records.filter(isUnfinished)) {
    const { work } = record;
    const instanceId = workIdOf(record);
    if (isTakingOver(record, now))
      words.push(`${instanceId} was stuck: generation ${work?.generation} goes on at ${work?.notBefore}`);
    else instanceIds.push(instanceId);
  }
  const instances = await someAtATime(looksAtOnce, instanceIds, (instanceId) =>
    hub.find(instanceId).catch((error: unknown) => error as Error),
  );
  for (const [index, instance] of instances.entries()) {
    const instanceId = instanceIds[index] ?? "";
    if (instance instanceof Error) {
      words.push(`${instanceId}: ${instance.message}`);
      continue;
    }
    if (instance && isFailed(instance))
      words.push(
        `${instanceId}: failed at ${instance.updatedAt.toISOString()} before it could say why (the log has the error; it is started again)`,
      );
    if (instance && isSuspendedByHand(instance))
      words.push(`${instanceId}: suspended by hand in the task hub (resume it, or terminate it: then it starts again)`);
    if (instance?.isUnfinished && isSilent(services, instance, quietMilliseconds))
      words.push(
        `${instanceId}: ${describeSilence(instance)} (replaced after ${services.settings.STUCK_AFTER_MINUTES} minutes)`,
      );
  }
  return words;
}

/** Leaves that should have ended: whether their people came back cannot be found out, so their desktops are kept. */
function describeOverdueLeaves(services: Services, records: readonly PersonRecord[]): string[] {
  const { now, startedAt } = services;
  return records.flatMap((record) => {
    const { username, workspace } = record.request;
    const until = record.presence?.leaving?.until;
    if (until === undefined || workspace === null) return [];
    const ends = [until, extensionOf(record, workspace)?.until ?? until, startedAt.toISOString()];
    if (now().getTime() - Math.max(...ends.map((end) => Date.parse(end))) <= stuckAfter(services)) return [];
    return `${instanceIdOf(username)}: logged out, and since ${until} it cannot be found out whether they came back, so their desktop is kept (the log of endLeaves says why)`;
  });
}

function describeSilence({ status, updatedAt }: Instance): string {
  return `${status} without progress since ${updatedAt.toISOString()}`;
}
