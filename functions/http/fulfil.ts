import type { Arrival } from "../../shared/person/presence.ts";
import type { Wish } from "../../shared/person/request.ts";
import type { Services } from "../services.ts";
import { ask } from "../work/ask.ts";
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
  arrival?: Omit<Arrival, "at">,
): Promise<Answer> {
  const record = await ask(services, hub, username, wish, asItEnded, arrival);
  return operationAnswer(
    services,
    record.request.id,
    await waitForEnd(services, hub, record.request.id, record, waitSeconds),
  );
}
