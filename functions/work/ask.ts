import { randomUUID } from "node:crypto";
import type { DurableClient } from "durable-functions";
import { type Arrival, withArrival } from "../../shared/person/notice.ts";
import { personId } from "../../shared/desktop/names.ts";
import { nextRequest } from "../../shared/person/operation.ts";
import type { DesktopRequest, PersonRecord } from "../../shared/person/record.ts";
import { ProductError } from "../../shared/errors.ts";
import type { Services } from "../services.ts";
import { wake } from "./person.ts";

/** What somebody asks for, as a request of its own. */
export function newRequest({ now }: Services, wanted: Omit<DesktopRequest, "id" | "requestedAt">): DesktopRequest {
  return { ...wanted, id: randomUUID(), requestedAt: now().toISOString() };
}

/**
 * Desired state first, then wake whoever works towards it. The record's request is the one that was asked for, or the one
 * before it where that says the same.
 *
 * @param asItEnded whether the desktop is still as a finished request for the same left it; asked only where there is one,
 * and doubt counts as no: the work finds out what is to be done, and starts a stopped database on its way
 * @param arrival given where asking shows that the person is there
 */
export async function ask(
  services: Services,
  client: DurableClient,
  wanted: DesktopRequest,
  asItEnded: () => Promise<boolean>,
  arrival?: Arrival,
): Promise<PersonRecord> {
  const person = personId(wanted.username);
  const last = (await services.records.read(person))?.request;
  const holds = last?.workspace === wanted.workspace && (await asItEnded().catch(() => false));
  const record = await services.records.update(person, (current) => {
    const next = nextRequest(current, wanted, ({ id }) => holds && id === last.id);
    return arrival ? withArrival(current, next, arrival) : next;
  });
  if (!record) throw new ProductError("internal", "write desktop request: it is gone right after it was written");
  if (record.request.id === wanted.id) await wake(client, wanted.username);
  return record;
}
