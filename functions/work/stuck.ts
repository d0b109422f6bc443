import { type DurableClient, OrchestrationRuntimeStatus } from "durable-functions";
import { type FollowNoticeInput, followNoticeName, longestPauseSeconds } from "../../orchestrations/follow-notice.ts";
import { fulfilRequestName } from "../../orchestrations/fulfil-request.ts";
import { personId } from "../../shared/desktop/names.ts";
import { isUnfinished } from "../../shared/person/operation.ts";
import { instanceIdOf, isTakingOver, withNextGeneration } from "../../shared/person/request.ts";
import type { PersonRecord } from "../../shared/person/record.ts";
import type { Services } from "../services.ts";
import { someAtATime } from "../some-at-a-time.ts";
import { findInstance, type Instance, listUnfinished, restart, startOnce } from "./task-hub.ts";

/**
 * Longer than any activity of a person's orchestration takes: at most 20 s for a pod to go, and some calls of 15 s each.
 * So long after a replacement, nothing that the old instance began can be under way.
 */
const settleMilliseconds = 120_000;

/** After a crash, work goes on within about a minute (host.json's visibility timeouts); silence beyond that is told. */
const quietMilliseconds = 120_000;

/** So many instances are looked at side by side. */
const looksAtOnce = 20;

/**
 * True if an instance that should work has not written to its history for so long, while this process could have worked on
 * it: after an outage of the app, silence counts from its start. An instance that was suspended by hand waits.
 */
function isSilent({ now, startedAt }: Services, { status, updatedAt }: Instance, milliseconds: number): boolean {
  const since = Math.max(updatedAt.getTime(), startedAt.getTime());
  return status !== OrchestrationRuntimeStatus.Suspended && now().getTime() - since > milliseconds;
}

function stuckAfter({ settings }: Services): number {
  return settings.STUCK_AFTER_MINUTES * 60_000;
}

/**
 * Makes sure that somebody works on an unfinished record: starts the person's orchestration if none runs, and replaces one
 * that makes no progress. The record's next generation comes first, so that whatever the old one still does changes nothing.
 */
export async function keepWorking(
  services: Services,
  client: DurableClient,
  record: PersonRecord,
): Promise<"working" | "woken" | "replaced"> {
  const { username } = record.request;
  const instanceId = instanceIdOf(username);
  const instance = await findInstance(client, instanceId);
  if (!instance?.isUnfinished) {
    await startOnce(client, fulfilRequestName, instanceId, { username });
    return "woken";
  }
  const now = services.now();
  if (isTakingOver(record, now) || !isSilent(services, instance, stuckAfter(services))) return "working";

  const notBefore = new Date(now.getTime() + settleMilliseconds).toISOString();
  await services.records.update(personId(username), (current) =>
    current && isUnfinished(current) ? withNextGeneration(current, notBefore) : null,
  );
  await restart(client, fulfilRequestName, instanceId, { username }, describeSilence(instance));
  return "replaced";
}

/** Starts a run that has one instance at a time, and replaces one that makes no progress: its effects bear being repeated. */
export async function keepRunning(
  services: Services,
  client: DurableClient,
  name: string,
): Promise<"started" | "runs" | "replaced"> {
  if ((await startOnce(client, name, name, {})) === "accepted") return "started";
  const instance = await findInstance(client, name);
  if (!instance?.isUnfinished || !isSilent(services, instance, stuckAfter(services))) return "runs";
  await restart(client, name, name, {}, describeSilence(instance));
  return "replaced";
}

/**
 * Starts notices again that make no progress, with what they were told. One that cannot be restarted does not stop the others.
 *
 * @param tell where operators read what was done
 * @returns how many were restarted
 */
export async function restartNotices(
  services: Services,
  client: DurableClient,
  tell: (message: string) => void,
): Promise<number> {
  let restarted = 0;
  for (const instanceId of await listUnfinished(client, followNoticeName)) {
    try {
      const instance = await findInstance(client, instanceId);
      if (!instance?.isUnfinished) continue;
      const input = instance.input as FollowNoticeInput;
      // It waits on purpose: before it tries again, and at its end until what it was told can be sent no more.
      const untilReplayed = Date.parse(input.replayableUntil) - instance.updatedAt.getTime();
      const mayWait = Math.max(longestPauseSeconds * 1_000, untilReplayed);
      if (!isSilent(services, instance, mayWait + stuckAfter(services))) continue;
      await restart(client, followNoticeName, instanceId, input, describeSilence(instance));
      restarted += 1;
      tell(`replaced ${instanceId}, a notice of the identity provider: ${describeSilence(instance)}`);
    } catch (error) {
      tell(`restart the notice ${instanceId}: ${(error as Error).message} (tried again at the next run)`);
    }
  }
  return restarted;
}

/** What makes no progress, or was replaced and has not begun, in words for operators; instance ids name no people. */
export async function describeStuck(
  services: Services,
  client: DurableClient,
  records: readonly PersonRecord[],
  runs: readonly string[],
): Promise<string[]> {
  const now = services.now();
  const words: string[] = [];
  const instanceIds = [...runs];
  for (const { work, request } of records.filter(isUnfinished)) {
    const instanceId = instanceIdOf(request.username);
    if (isTakingOver({ work }, now))
      words.push(`${instanceId} was stuck: generation ${work?.generation} goes on at ${work?.notBefore}`);
    else instanceIds.push(instanceId);
  }
  const instances = await someAtATime(looksAtOnce, instanceIds, (instanceId) => findInstance(client, instanceId));
  for (const [index, instance] of instances.entries()) {
    const instanceId = instanceIds[index] ?? "";
    if (instance?.isUnfinished && isSilent(services, instance, quietMilliseconds))
      words.push(
        `${instanceId}: ${describeSilence(instance)} (replaced after ${services.settings.STUCK_AFTER_MINUTES} minutes)`,
      );
  }
  return words;
}

function describeSilence({ status, updatedAt }: Instance): string {
  return `${status} without progress since ${updatedAt.toISOString()}`;
}
