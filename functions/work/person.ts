import { setTimeout as pause } from "node:timers/promises";
import type { DurableClient } from "durable-functions";
import { fulfilRequestName } from "../../orchestrations/fulfil-request.ts";
import type { LastLook, Progress } from "../../shared/desktop/activities.ts";
import type { LiveWork } from "../../shared/person/operation.ts";
import { instanceIdOf } from "../../shared/person/request.ts";
import { findInstance, startOnce } from "./task-hub.ts";

/** An instance that took its last look is at its end within one activity. */
const lastLooks = 20;
const lookMilliseconds = 100;

/**
 * Makes sure that a person's orchestration reads the record again after this call. One that runs does so before it ends,
 * unless it says that it took its last look: then it is waited for and started again. If it has not ended after two
 * seconds, the wake timer starts the work.
 */
export async function wake(client: DurableClient, username: string): Promise<void> {
  for (let look = 0; look < lastLooks; look += 1) {
    const started = await startOnce(client, fulfilRequestName, instanceIdOf(username), { username });
    if (started === "accepted") return;
    const instance = await findInstance(client, instanceIdOf(username));
    if (instance?.isUnfinished && !isLastLook(instance.customStatus)) return;
    await pause(lookMilliseconds);
  }
}

/** What the person's orchestration shows of itself; not running if there never was one. */
export async function liveWork(client: DurableClient, username: string): Promise<LiveWork> {
  const instance = await findInstance(client, instanceIdOf(username));
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
