import { type DurableClient, OrchestrationRuntimeStatus } from "durable-functions";
import { ProductError } from "../shared/errors.ts";
import { isUnknownInstance } from "./wake.ts";

const goingOn = new Set<string>([
  OrchestrationRuntimeStatus.Pending,
  OrchestrationRuntimeStatus.Running,
  OrchestrationRuntimeStatus.Suspended,
]);

/**
 * Starts an orchestration unless one with that id goes on: in one call, which the task hub decides, so that of two at the
 * same time one is the duplicate, and what is accepted survives a crash. Throws `durable-unavailable`.
 */
export async function startOnce(
  client: DurableClient,
  name: string,
  instanceId: string,
  input: unknown,
): Promise<"accepted" | "duplicate"> {
  try {
    await client.startNew(name, { instanceId, input });
    return "accepted";
  } catch (error) {
    // Why it was refused the library does not say.
    if (await goesOn(client, instanceId)) return "duplicate";
    throw unavailable(error);
  }
}

async function goesOn(client: DurableClient, instanceId: string): Promise<boolean> {
  try {
    return goingOn.has((await client.getStatus(instanceId)).runtimeStatus);
  } catch (error) {
    if (isUnknownInstance(error)) return false;
    throw unavailable(error);
  }
}

function unavailable(cause: unknown): ProductError {
  return new ProductError("durable-unavailable", "start work: the task hub refused (ask again)", { cause });
}
