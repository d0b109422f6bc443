import { type DurableClient, OrchestrationRuntimeStatus } from "durable-functions";
import { ProductError } from "../shared/errors.ts";
import { isUnknownInstance } from "./wake.ts";

const ended = new Set<string>([
  OrchestrationRuntimeStatus.Failed,
  OrchestrationRuntimeStatus.Canceled,
  OrchestrationRuntimeStatus.Terminated,
]);

/**
 * Starts an orchestration unless one with that id was started before, however long ago it ended; one that failed is
 * started again. What is accepted is in the task hub, so it survives a crash. Throws `durable-unavailable`.
 */
export async function startOnce(
  client: DurableClient,
  name: string,
  instanceId: string,
  input: unknown,
): Promise<"accepted" | "duplicate"> {
  if (await wasStarted(client, instanceId)) return "duplicate";
  try {
    await client.startNew(name, { instanceId, input });
    return "accepted";
  } catch (error) {
    // Of two that come at the same time one is refused.
    if (await wasStarted(client, instanceId)) return "duplicate";
    throw unavailable(error);
  }
}

async function wasStarted(client: DurableClient, instanceId: string): Promise<boolean> {
  try {
    const { runtimeStatus } = await client.getStatus(instanceId);
    return !ended.has(runtimeStatus);
  } catch (error) {
    if (isUnknownInstance(error)) return false;
    throw unavailable(error);
  }
}

function unavailable(cause: unknown): ProductError {
  return new ProductError("durable-unavailable", "keep an event: the task hub refused (send it again)", { cause });
}
