import { personId } from "../../shared/desktop/names.ts";
import type { PersonRecords } from "../../shared/kubernetes/person-records.ts";
import type { Ticket } from "../../shared/lifecycle/admission.ts";
import type { PersonRecord } from "../../shared/person/record.ts";

/** Everybody whose desktop is to be brought up. */
export interface Queue {
  tickets: Ticket[];
  records: PersonRecord[];
}

export async function readQueue({ records }: { records: PersonRecords }): Promise<Queue> {
  const found = await records.inAdmission();
  const tickets = found.records.flatMap(({ request, admission }) =>
    admission ? [{ ...admission, person: personId(request.username) }] : [],
  );
  return { tickets, records: found.records };
}
