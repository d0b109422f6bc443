import { OrchestrationRuntimeStatus, type DurableClient } from "durable-functions";
import { fulfilRequestName } from "../orchestrations/fulfil-request.ts";
import type { Progress } from "../shared/desktop/activities.ts";
import type { LiveWork } from "../shared/desktop/operation.ts";
import { instanceIdOf } from "../shared/desktop/request.ts";
import { ProductError } from "../shared/errors.ts";

const working = new Set<string>([
  OrchestrationRuntimeStatus.Pending,
  OrchestrationRuntimeStatus.Running,
  OrchestrationRuntimeStatus.ContinuedAsNew,
  OrchestrationRuntimeStatus.Suspended,
]);

/**
 * Starts the person's orchestration. One that runs already reads the newest request before it ends, so being refused
 * because of it is as good; if it was just ending, whoever asks next wakes it again.
 */
export async function wake(client: DurableClient, username: string): Promise<void> {
  try {
    await client.startNew(fulfilRequestName, { instanceId: instanceIdOf(username), input: { username } });
  } catch (error) {
    if ((await liveWork(client, username)).running) return;
    throw new ProductError("durable-unavailable", "start the work on a request: the task hub refused (ask again)", {
      cause: error,
    });
  }
}

/** What the person's orchestration shows of itself; not running if there never was one. */
export async function liveWork(client: DurableClient, username: string): Promise<LiveWork> {
  try {
    const status = await client.getStatus(instanceIdOf(username));
    const progress = status.customStatus as Progress | null;
    return { running: working.has(status.runtimeStatus), progress };
  } catch (error) {
    if (isUnknownInstance(error)) return { running: false, progress: null };
    throw new ProductError("durable-unavailable", "look at the work on a request: the task hub does not answer", {
      cause: error,
    });
  }
}

/** The library throws for unknown instances and tells it only in its text (DurableClient.getStatus). */
export function isUnknownInstance(error: unknown): boolean {
  return error instanceof Error && error.message.includes("HTTP 404 response");
}
