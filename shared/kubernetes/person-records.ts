import type { V1ConfigMap, V1ObjectMeta } from "@kubernetes/client-node";
import { personId, subjectId } from "../desktop/names.ts";
import { ProductError } from "../errors.ts";
import type { DamagedRecord } from "../person/damaged-record.ts";
import type { PersonRecord } from "../person/record.ts";
import { formatRecord, parseRecord } from "../person/stored-record.ts";
import { checkGeneration, type Fence } from "../person/work.ts";
import type { Cluster, Reference } from "./cluster.ts";
import { isOurs, label, manager, purpose } from "./labels.ts";

const prefix = "desktop-request-";

/** Records that can be read, and those that cannot. */
export interface FoundRecords {
  records: PersonRecord[];
  damaged: DamagedRecord[];
}

/** The desired state: one ConfigMap per person, written with optimistic concurrency. */
export interface PersonRecords {
  /** Throws `damaged-record` if it cannot be read. */
  read(person: string): Promise<PersonRecord | null>;
  /**
   * Writes what `change` returns for the current record, and calls it again if somebody else was quicker. Null, or the record
   * as it was, writes nothing.
   *
   * @returns the record as it is now
   * @param fence of the orchestration that writes; the write throws `work-replaced` if a newer one took over
   */
  update(
    person: string,
    change: (current: PersonRecord | null) => PersonRecord | null,
    fence?: Fence,
  ): Promise<PersonRecord | null>;
  /**
   * Deletes a record that `isOver`, unless it changes meanwhile.
   *
   * @returns true if it was deleted
   */
  remove(person: string, isOver: (record: PersonRecord) => boolean): Promise<boolean>;
  /** The people whom the identity provider knows by this id: one, unless they were renamed there. */
  bySubject(subject: string): Promise<FoundRecords>;
  /** Everybody's records. One that is damaged never stops the others. */
  all(): Promise<FoundRecords>;
}

/** More than the callers that ever write one person's request at the same time. */
const attempts = 50;

export function personRecordsIn(cluster: Cluster, namespace: string): PersonRecords {
  const reference = (person: string): Reference => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: `${prefix}${person}`, namespace },
  });

  async function list(selector: string): Promise<FoundRecords> {
    // Not by who manages it: a record that lost that label must not look like no record at all.
    const labels = `${label.purpose}=${purpose.request}${selector}`;
    const found: FoundRecords = { records: [], damaged: [] };
    for await (const page of cluster.pages<V1ConfigMap>({ apiVersion: "v1", kind: "ConfigMap" }, namespace, {
      labels,
    })) {
      for (const object of page) {
        const record = tryParse(object);
        if ("fault" in record) found.damaged.push(record);
        else found.records.push(record);
      }
    }
    return found;
  }

  const requests: PersonRecords = {
    async read(person) {
      const found = await cluster.read<V1ConfigMap>(reference(person));
      return found && parse(found);
    },
    async update(person, change, fence) {
      for (let attempt = 0; attempt < attempts; attempt += 1) {
        const found = await cluster.read<V1ConfigMap>(reference(person));
        const current = found && parse(found);
        if (fence) checkGeneration(current, fence);
        const record = change(current);
        if (!record || record === current) return current;
        const written = found
          ? await cluster.replace({ ...found, ...kindOf(reference(person)), ...contentOf(record, found) })
          : await cluster.create({ ...kindOf(reference(person)), ...contentOf(record, reference(person)) });
        if (written) return record;
      }
      throw new ProductError(
        "too-many-writers",
        `write person record: it changed ${attempts} times meanwhile (ask again)`,
      );
    },
    async remove(person, isOver) {
      const found = await cluster.read<V1ConfigMap>(reference(person));
      if (!found || !isOver(parse(found))) return false;
      return cluster.removeUnchanged({ ...found, ...kindOf(reference(person)) });
    },
    async bySubject(subject) {
      const { records, damaged } = await list(`,${label.subject}=${subjectId(subject)}`);
      return { records: records.filter(({ request }) => request.subject === subject), damaged };
    },
    all: () => list(""),
  };
  return requests;
}

function kindOf({ apiVersion, kind }: Reference) {
  return { apiVersion, kind };
}

function contentOf(
  record: PersonRecord,
  { metadata = {}, data = {} }: { metadata?: V1ObjectMeta; data?: Record<string, string> },
) {
  const { username, subject } = record.request;
  // Of an id that is forgotten, the label goes, too.
  const labels = Object.entries(metadata.labels ?? {}).filter(([name]) => name !== label.subject);
  return {
    metadata: {
      ...metadata,
      labels: {
        ...(Object.fromEntries(labels) as Record<string, string>),
        [label.managedBy]: manager,
        [label.purpose]: purpose.request,
        [label.person]: personId(username),
        ...(subject === undefined ? {} : { [label.subject]: subjectId(subject) }),
      },
    },
    data: formatRecord(record, data),
  };
}

function parse(found: V1ConfigMap): PersonRecord {
  const record = tryParse(found);
  if ("fault" in record) throw record.fault;
  return record;
}

function tryParse(found: V1ConfigMap): PersonRecord | DamagedRecord {
  const name = found.metadata?.name ?? "";
  const person = name.startsWith(prefix) ? name.slice(prefix.length) : "";
  if (!isOurs(found)) {
    const words = `read person record: the ConfigMap ${name} is not ours (rename or remove it)`;
    return { person, fault: new ProductError("not-ours", words) };
  }
  const parsed = parseRecord(found.data ?? {});
  if ("record" in parsed && personId(parsed.record.request.username) === person) return parsed.record;
  const wrong = "fault" in parsed ? parsed.fault : "it holds the record of somebody else";
  const words = `read person record: the ConfigMap ${name} is damaged: ${wrong} (fix it, or delete it: the person asks again)`;
  return { person, fault: new ProductError("damaged-record", words) };
}
