import { personId } from "../../shared/desktop/names.ts";
import { describeOperation } from "../../shared/person/operation.ts";
import type { PersonRecord } from "../../shared/person/record.ts";
import type { Services } from "../services.ts";
import { outlookOf } from "./outlook.ts";
import { liveWork, wake } from "./person.ts";
import type { TaskHub } from "./task-hub.ts";
import type { Seen } from "./waits.ts";

/** News comes from this process and from the watch of records; what both miss is found by looking this often. */
const lookMilliseconds = 3_000;

/**
 * Waits until an operation has ended, or shows something else than the caller has seen, or time is up; wakes work that is
 * not running. If too many wait already, it does not wait.
 *
 * @param isNews if what is seen is new to the caller; only the end if it is missing
 */
export async function waitForEnd(
  services: Services,
  hub: TaskHub,
  requestId: string,
  record: PersonRecord,
  seconds: number,
  isNews: (seen: Seen) => boolean = () => false,
): Promise<Seen> {
  const { username } = record.request;
  const person = personId(username);
  const until = performance.now() + seconds * 1_000;
  const left = () => until - performance.now();
  // What is told during the first look counts, too.
  const listener = services.news.listen(person);
  try {
    let seen = await look(services, hub, requestId, record);
    const isOver = () => seen.operation.outcome !== undefined || isNews(seen) || left() <= 0;
    if (isOver() || !services.waits.enter(username)) return seen;
    try {
      services.recordWatch.use();
      while (!isOver()) {
        await listener.next(Math.min(left(), lookMilliseconds));
        const { record: last } = seen;
        seen = await services.waits.look(requestId, () => lookAgain(services, hub, requestId, last));
      }
      return seen;
    } finally {
      services.waits.leave(username);
    }
  } finally {
    listener.close();
  }
}

/** Looks at what this process knows of the record. Only if nobody seems to work on it, the record is read. */
async function lookAgain(services: Services, hub: TaskHub, requestId: string, last: PersonRecord): Promise<Seen> {
  const person = personId(last.request.username);
  const known = (await services.records.readRecent(person)) ?? last;
  return look(services, hub, requestId, known, async () => (await services.records.read(person)) ?? last);
}

/** @param readAgain given if the record may be out of date: nobody is woken before it was read again */
async function look(
  services: Services,
  hub: TaskHub,
  requestId: string,
  record: PersonRecord,
  readAgain?: () => Promise<PersonRecord>,
): Promise<Seen> {
  const operation = describeOperation(requestId, record, await liveWork(hub, record), services.now());
  if (operation.needsWaking) {
    if (readAgain) return look(services, hub, requestId, await readAgain());
    await wake(hub, record);
  }
  if (operation.outcome || record.request.id !== requestId) return { record, operation };
  // Usually nobody waits, and nothing has to be read.
  const mayWait = services.starts.someWait() || operation.progress?.step === "admission";
  return { record, operation, ...(await outlookOf(services, record, mayWait)) };
}
