import type { Wish } from "../../shared/person/request.ts";
import type { Services } from "../services.ts";
import { ask, type Asked, type Asker } from "../work/ask.ts";
import type { TaskHub } from "../work/task-hub.ts";
import { waitForEnd } from "../work/wait-for-end.ts";
import type { Answer } from "./endpoint.ts";
import { operationAnswer } from "./operation.ts";

/** Records the wish, waits at most `waitSeconds` for the end, and answers with the operation. */
export async function fulfil(
  services: Services,
  hub: TaskHub,
  username: string,
  wish: Wish,
  asItEnded: () => Promise<boolean>,
  waitSeconds: number,
  asker: Asker = {},
): Promise<Answer> {
  return tellOf(services, hub, await ask(services, hub, username, wish, asItEnded, asker), waitSeconds);
}

/** Waits at most that long for the end of what was asked, and answers with the operation. */
export async function tellOf(
  services: Services,
  hub: TaskHub,
  { record, isNew }: Asked,
  waitSeconds: number,
): Promise<Answer> {
  // Nothing can be seen yet of work that was just begun.
  if (isNew && waitSeconds === 0)
    return operationAnswer(services, record.request.id, {
      record,
      operation: { state: "pending", needsWaking: false },
    });
  return operationAnswer(
    services,
    record.request.id,
    await waitForEnd(services, hub, record.request.id, record, waitSeconds),
  );
}
