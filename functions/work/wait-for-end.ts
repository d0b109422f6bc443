import { personId } from "../../shared/desktop/names.ts";
import { describeOperation } from "../../shared/person/operation.ts";
import type { PersonRecord } from "../../shared/person/record.ts";
import type { Services } from "../services.ts";
import { liveWork, wake } from "./person.ts";
import type { TaskHub } from "./task-hub.ts";
import type { Seen } from "./waits.ts";

/**
 * Polls an operation until it has ended or time is up, and wakes work that is not running. If the person already waits in
 * many calls, it does not wait.
 */
export async function waitForEnd(
  services: Services,
  hub: TaskHub,
  requestId: string,
  record: PersonRecord,
  seconds: number,
): Promise<Seen> {
  const { username } = record.request;
  const until = performance.now() + seconds * 1_000;
  let seen = await look(services, hub, requestId, record);
  const isOver = () => seen.operation.outcome !== undefined || performance.now() >= until;
  if (isOver() || !services.waits.enter(username)) return seen;
  try {
    while (!isOver()) {
      const { record: last } = seen;
      seen = await services.waits.nextLook(requestId, async () =>
        look(services, hub, requestId, (await services.records.read(personId(username))) ?? last),
      );
    }
    return seen;
  } finally {
    services.waits.leave(username);
  }
}

async function look(services: Services, hub: TaskHub, requestId: string, record: PersonRecord): Promise<Seen> {
  const operation = describeOperation(requestId, record, await liveWork(hub, record), services.now());
  if (operation.needsWaking) await wake(hub, record);
  return { record, operation };
}
