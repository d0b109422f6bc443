import { type DurableClient, OrchestrationRuntimeStatus } from "durable-functions";
import { type FollowNoticeInput, followNoticeName, longestPauseSeconds } from "../../orchestrations/follow-notice.ts";
import { fulfilRequestName } from "../../orchestrations/fulfil-request.ts";
import { personId } from "../../shared/desktop/names.ts";
import { isUnfinished } from "../../shared/desktop/operation.ts";
import { instanceIdOf, isTakingOver, withNextGeneration } from "../../shared/desktop/request.ts";
import type { RequestRecord } from "../../shared/person/record.ts";
import type { Services } from "../services.ts";
import { findInstance, type Instance, restart, startOnce } from "./task-hub.ts";

/**
 * Longer than any activity of a person's orchestration takes: at most 20 s for a pod to go, and some calls of 15 s each.
 * So long after a replacement, nothing that the old instance began can be under way.
 */
const settleMilliseconds = 120_000;

/** After a crash, work goes on within about a minute (host.json's visibility timeouts); silence beyond that is told. */
const quietMilliseconds = 120_000;

/** True if an instance that should work has not written to its history for so long. One that was suspended by hand waits. */
function isSilent({ status, updatedAt }: Instance, now: Date, milliseconds: number): boolean {
  return status !== OrchestrationRuntimeStatus.Suspended && now.getTime() - updatedAt.getTime() > milliseconds;
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
  record: RequestRecord,
): Promise<"working" | "woken" | "replaced"> {
  const { username } = record.request;
  const instanceId = instanceIdOf(username);
  const instance = await findInstance(client, instanceId);
  if (!instance?.isUnfinished) {
    await startOnce(client, fulfilRequestName, instanceId, { username });
    return "woken";
  }
  const now = services.now();
  if (isTakingOver(record, now) || !isSilent(instance, now, stuckAfter(services))) return "working";

  const notBefore = new Date(now.getTime() + settleMilliseconds).toISOString();
  await services.requests.update(personId(username), (current) => current && withNextGeneration(current, notBefore));
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
  if (!instance?.isUnfinished || !isSilent(instance, services.now(), stuckAfter(services))) return "runs";
  await restart(client, name, name, {}, describeSilence(instance));
  return "replaced";
}

/** Starts notices again that make no progress, with what they were told. Returns how many. */
export async function restartNotices(services: Services, client: DurableClient): Promise<number> {
  const { Pending, Running, ContinuedAsNew } = OrchestrationRuntimeStatus;
  const all = await client.getStatusBy({ runtimeStatus: [Pending, Running, ContinuedAsNew] });
  let restarted = 0;
  for (const { name, instanceId, input } of all) {
    if (name !== followNoticeName) continue;
    const told = input as FollowNoticeInput;
    const instance = await findInstance(client, instanceId);
    if (!instance?.isUnfinished) continue;
    // It waits on purpose: before it tries again, and at its end until what it was told can be sent no more.
    const mayWait = Math.max(
      longestPauseSeconds * 1_000,
      Date.parse(told.replayableUntil) - instance.updatedAt.getTime() || 0,
    );
    if (!isSilent(instance, services.now(), mayWait + stuckAfter(services))) continue;
    await restart(client, followNoticeName, instanceId, told, describeSilence(instance));
    restarted += 1;
  }
  return restarted;
}

/** What makes no progress, or was replaced and has not begun, in words for operators; instance ids name no people. */
export async function describeStuck(
  services: Services,
  client: DurableClient,
  records: readonly RequestRecord[],
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
  for (const instanceId of instanceIds) {
    const instance = await findInstance(client, instanceId);
    if (instance?.isUnfinished && isSilent(instance, now, quietMilliseconds))
      words.push(
        `${instanceId}: ${describeSilence(instance)} (replaced after ${services.settings.STUCK_AFTER_MINUTES} minutes)`,
      );
  }
  return words;
}

function describeSilence({ status, updatedAt }: Instance): string {
  return `${status} without progress since ${updatedAt.toISOString()}`;
}
