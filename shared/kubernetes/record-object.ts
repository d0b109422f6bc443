import type { V1ConfigMap, V1ObjectMeta } from "@kubernetes/client-node";
import { personId, subjectId } from "../desktop/names.ts";
import { ProductError } from "../errors.ts";
import type { DamagedRecord } from "../person/damaged-record.ts";
import type { PersonRecord } from "../person/record.ts";
import { isOpen } from "../person/left-to-do.ts";
import { formatRecord, parseRecord, type RecordParser, withoutPastAdmission } from "../person/stored-record.ts";
import type { Reference } from "./cluster.ts";
import { isOurs, label, manager, purpose } from "./labels.ts";

const prefix = "desktop-request-";

export const noWork = "none";

/** The ConfigMap that holds a person's record. */
export function recordReference(person: string, namespace: string): Reference {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name: `${prefix}${person}`, namespace } };
}

/** Whose record it is, by its name; empty if nobody's. */
export function personOf({ metadata }: Pick<V1ConfigMap, "metadata">): string {
  const name = metadata?.name ?? "";
  return name.startsWith(prefix) ? name.slice(prefix.length) : "";
}

function workOf(record: PersonRecord): string {
  return isOpen(record) ? "open" : noWork;
}

/** What the ConfigMap of a record holds. Labels and texts that are not those of a record stay as they are. */
export function contentOf(
  record: PersonRecord,
  { metadata = {}, data = {} }: { metadata?: V1ObjectMeta; data?: Record<string, string> },
) {
  const { username, subject } = record.request;
  // What is no longer so loses its label.
  const passing: readonly string[] = [label.subject, label.admission];
  const labels = Object.entries(metadata.labels ?? {}).filter(([name]) => !passing.includes(name));
  return {
    metadata: {
      ...metadata,
      labels: {
        ...(Object.fromEntries(labels) as Record<string, string>),
        [label.managedBy]: manager,
        [label.purpose]: purpose.request,
        [label.person]: personId(username),
        [label.work]: workOf(record),
        ...(subject === undefined ? {} : { [label.subject]: subjectId(subject) }),
        ...(record.admission && { [label.admission]: record.admission.state }),
      },
    },
    data: formatRecord(record, data),
  };
}

/** @param parse reads the texts of a record; one that remembers what it has read, for a list that is read often */
export function readRecord(found: V1ConfigMap, parse: RecordParser = parseRecord): PersonRecord | DamagedRecord {
  const name = found.metadata?.name ?? "";
  const person = personOf(found);
  if (!isOurs(found)) {
    const words = `read person record: the ConfigMap ${name} is not ours (rename or remove it)`;
    return { person, fault: new ProductError("not-ours", words) };
  }
  const parsed = parse(found.data ?? {});
  if ("record" in parsed && personId(parsed.record.request.username) === person)
    return withoutPastAdmission(parsed.record);
  const wrong = "fault" in parsed ? parsed.fault : "it holds the record of somebody else";
  const words = `read person record: the ConfigMap ${name} is damaged: ${wrong} (fix it, or delete it: the person asks again)`;
  return { person, fault: new ProductError("damaged-record", words) };
}

/** The same. Throws `not-ours` or `damaged-record`. */
export function mustReadRecord(found: V1ConfigMap): PersonRecord {
  const record = readRecord(found);
  if ("fault" in record) throw record.fault;
  return record;
}

/** True if its label says whether a timer has to look at it. */
export function isLabelled({ metadata }: V1ConfigMap, record: PersonRecord): boolean {
  return metadata?.labels?.[label.work] === workOf(record);
}
