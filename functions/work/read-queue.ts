import type { Settings } from "../../shared/config.ts";
import { personId } from "../../shared/desktop/names.ts";
import type { ClusterDesktops } from "../../shared/kubernetes/desktops.ts";
import type { PersonRecords } from "../../shared/kubernetes/person-records.ts";
import type { WhoRuns } from "../../shared/kubernetes/running-desktops.ts";
import { bySince, type Ticket } from "../../shared/lifecycle/admission.ts";
import type { PersonRecord } from "../../shared/person/record.ts";

/** Everybody whose desktop is to be brought up. */
export interface Queue {
  /** When it was read; it may have moved since. */
  at: Date;
  /** Those who wait longest come first. */
  tickets: readonly Ticket[];
  records: PersonRecord[];
  /** In which workspaces desktops run, by person. Null if nothing limits it, as far as the tickets say. */
  running: WhoRuns | null;
}

interface Reading {
  records: Pick<PersonRecords, "inAdmission">;
  desktops: Pick<ClusterDesktops, "findRunning">;
  settings: Pick<Settings, "MAX_DESKTOPS">;
  now: () => Date;
}

export async function readQueue({ records, desktops, settings, now }: Reading): Promise<Queue> {
  const at = now();
  const found = await records.inAdmission();
  const tickets = found.records.flatMap(({ request, admission }) =>
    admission ? [{ ...admission, person: personId(request.username) }] : [],
  );
  tickets.sort(bySince);
  const isLimited = settings.MAX_DESKTOPS !== undefined || tickets.some(isBounded);
  return { at, tickets, records: found.records, running: isLimited ? await readRunning({ desktops }) : null };
}

/** True if only so many desktops of the workspace may run. */
export function isBounded({ maxDesktops }: Ticket): boolean {
  return typeof maxDesktops === "number";
}

export function readRunning({ desktops }: Pick<Reading, "desktops">): Promise<WhoRuns> {
  return desktops.findRunning();
}
