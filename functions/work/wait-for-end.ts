import { setTimeout as pause } from "node:timers/promises";
import { personId } from "../../shared/desktop/names.ts";
import { describeOperation, type Operation } from "../../shared/person/operation.ts";
import type { PersonRecord } from "../../shared/person/record.ts";
import type { Services } from "../services.ts";
import { liveWork, wake } from "./person.ts";
import type { TaskHub } from "./task-hub.ts";

const lookMilliseconds = 250;

export interface Seen {
  record: PersonRecord;
  operation: Operation;
}

/** Polls an operation until it has ended or time is up, and wakes work that is not running. */
export async function waitForEnd(
  services: Services,
  hub: TaskHub,
  requestId: string,
  record: PersonRecord,
  seconds: number,
): Promise<Seen> {
  const { username } = record.request;
  const until = performance.now() + seconds * 1_000;
  let current = record;
  for (;;) {
    const operation = describeOperation(requestId, current, await liveWork(hub, current), services.now());
    if (operation.needsWaking) await wake(hub, current);
    if (operation.outcome || performance.now() >= until) return { record: current, operation };
    await pause(lookMilliseconds);
    current = (await services.records.read(personId(username))) ?? current;
  }
}
