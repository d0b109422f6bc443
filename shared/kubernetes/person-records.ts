import type { V1ConfigMap } from "@kubernetes/client-node";
import { personId, subjectId } from "../desktop/names.ts";
import { ProductError } from "../errors.ts";
import type { DamagedRecord } from "../person/damaged-record.ts";
import type { PersonRecord } from "../person/record.ts";
import { type RecordParser, recordParser } from "../person/stored-record.ts";
import { checkGeneration, type Fence } from "../person/work.ts";
import type { Cluster, Reference } from "./cluster.ts";
import type { Following } from "./followed-kind.ts";
import { label, purpose, valuesInSelectors } from "./labels.ts";
import {
  contentOf,
  isLabelled,
  mustReadRecord,
  noWork,
  personOf,
  readRecord,
  recordReference,
} from "./record-object.ts";
import { sharedRead } from "./shared-read.ts";

/** Records that can be read, and those that cannot. */
export interface FoundRecords {
  records: PersonRecord[];
  damaged: DamagedRecord[];
  /** Those whose label does not say if there is work: an older release wrote them, or somebody else. */
  mislabelled: PersonRecord[];
}

/** The desired state: one ConfigMap per person, written with optimistic concurrency. */
export interface PersonRecords {
  /** Throws `damaged-record` if it cannot be read. */
  read(person: string): Promise<PersonRecord | null>;
  /**
   * The record as this process read or wrote it in the last seconds, else as it is now. Another process may have changed it
   * since: good enough to see that there is work to do, or that a fence holds (see `knownMilliseconds`).
   */
  readRecent(person: string): Promise<PersonRecord | null>;
  /**
   * Writes what `change` returns for the current record, and calls it again if somebody else was quicker. Null, or the record
   * as it was, writes nothing.
   *
   * @returns the record as it is now
   * @param fence of the orchestration that writes; the write throws `work-replaced` if a newer one took over
   * @param readSince what this process read or wrote since then counts as current (`performance.now()`)
   */
  update(
    person: string,
    change: (current: PersonRecord | null) => PersonRecord | null,
    fence?: Fence,
    readSince?: number,
  ): Promise<PersonRecord | null>;
  /**
   * Deletes a record that `isOver`, unless it changes meanwhile.
   *
   * @returns true if it was deleted
   */
  remove(person: string, isOver: (record: PersonRecord) => boolean): Promise<boolean>;
  /** The people whom the identity provider knows by this id: one, unless they were renamed there. */
  bySubject(subject: string): Promise<FoundRecords>;
  /** The records of these people, as far as they have any. One that is damaged never stops the others. */
  ofPeople(usernames: readonly string[]): Promise<FoundRecords>;
  /**
   * The records that a timer has to look at: a short list. Also those that lack the label for it, so that none is forgotten;
   * one whose label is wrong is missing.
   */
  open(): Promise<FoundRecords>;
  /** The records of those whose desktops are to be brought up: they wait for it, or it starts. Shared by all who ask. */
  inAdmission(): Promise<FoundRecords>;
  /** Tells whose record anybody changed, from now on. */
  follow(tell: (person: string) => void): Following;
  /** Everybody's records. One that is damaged never stops the others. */
  all(): Promise<FoundRecords>;
}

/**
 * How long a record that this process read or wrote counts as recent. A fence may rest on it: a new generation acts two
 * minutes after the record names it (settleMilliseconds).
 */
const knownMilliseconds = 10_000;
const mostKnown = 1_000;

/** More than the callers that ever write one person's request at the same time. */
const attempts = 50;

/** @param now a monotonic clock in milliseconds */
export function personRecordsIn(
  cluster: Cluster,
  namespace: string,
  now: () => number = () => performance.now(),
): PersonRecords {
  const reference = (person: string) => recordReference(person, namespace);

  /** While many wait, the queue is read at each start and each end of one. */
  const parseQueued = recordParser();

  /** What this process read or wrote last, the newest at the end. Null: there was none. */
  const known = new Map<string, { object: V1ConfigMap | null; at: number; heardAt?: number }>();
  const keep = (person: string, object: V1ConfigMap | null): V1ConfigMap | null => {
    known.delete(person);
    known.set(person, { object, at: now() });
    const [oldest] = known.keys();
    if (known.size > mostKnown && oldest !== undefined) known.delete(oldest);
    return object;
  };
  const knownOf = (person: string) => {
    const found = known.get(person);
    return found && now() < Math.max(found.at, found.heardAt ?? 0) + knownMilliseconds ? found : undefined;
  };
  const find = async (person: string) => keep(person, await cluster.read<V1ConfigMap>(reference(person)));

  /** Returns what was written, or null if somebody else was quicker. */
  async function write(person: string, found: V1ConfigMap | null, record: PersonRecord): Promise<V1ConfigMap | null> {
    const written = found
      ? await cluster.replace<V1ConfigMap>({ ...found, ...kindOf(reference(person)), ...contentOf(record, found) })
      : await cluster.create<V1ConfigMap>({
          ...kindOf(reference(person)),
          ...contentOf(record, reference(person)),
        });
    if (written) keep(person, written);
    else known.delete(person);
    return written;
  }

  function sort(object: V1ConfigMap, found: FoundRecords, parse?: RecordParser): void {
    const record = readRecord(object, parse);
    if ("fault" in record) {
      found.damaged.push(record);
      return;
    }
    found.records.push(record);
    if (!isLabelled(object, record)) found.mislabelled.push(record);
  }

  async function list(selector: string, parse?: RecordParser): Promise<FoundRecords> {
    // Not by who manages it: a record that lost that label must not look like no record at all.
    const labels = `${label.purpose}=${purpose.request}${selector}`;
    const found = nothingFound();
    for await (const page of cluster.pages<V1ConfigMap>({ apiVersion: "v1", kind: "ConfigMap" }, namespace, {
      labels,
    }))
      for (const object of page) sort(object, found, parse);
    return found;
  }

  const requests: PersonRecords = {
    async read(person) {
      const found = await find(person);
      return found && mustReadRecord(found);
    },
    async readRecent(person) {
      const recent = knownOf(person);
      const found = recent ? recent.object : await find(person);
      return found && mustReadRecord(found);
    },
    async update(person, change, fence, readSince = Infinity) {
      let recent = knownOf(person);
      for (let attempt = 0; attempt < attempts; attempt += 1) {
        const found = recent ? recent.object : await find(person);
        const isDoubtful = recent !== undefined && recent.at < readSince;
        recent = undefined;
        let record: PersonRecord | null;
        let current: PersonRecord | null;
        try {
          current = found && mustReadRecord(found);
          if (fence) checkGeneration(current, fence);
          record = change(current);
        } catch (error) {
          if (isDoubtful) continue; // it may be out of date
          throw error;
        }
        if (!record || record === current) {
          if (isDoubtful) continue; // so may be that there is nothing to write
          return current;
        }
        if (await write(person, found, record)) return record;
      }
      throw new ProductError(
        "too-many-writers",
        `write person record: it changed ${attempts} times meanwhile (ask again)`,
      );
    },
    async remove(person, isOver) {
      const found = await find(person);
      if (!found || !isOver(mustReadRecord(found))) return false;
      known.delete(person);
      return cluster.removeUnchanged({ ...found, ...kindOf(reference(person)) });
    },
    async bySubject(subject) {
      const { records, damaged } = await list(`,${label.subject}=${subjectId(subject)}`);
      return { records: records.filter(({ request }) => request.subject === subject), damaged, mislabelled: [] };
    },
    async ofPeople(usernames) {
      const people = new Set(usernames.map(personId));
      const found = nothingFound();
      const lists = people.size > 1 ? valuesInSelectors([...people]) : [];
      for (const some of lists) {
        const { records, damaged, mislabelled } = await list(`,${label.person} in (${some})`);
        found.records.push(...records);
        found.damaged.push(...damaged);
        found.mislabelled.push(...mislabelled);
      }
      for (const { request } of found.records) people.delete(personId(request.username));
      for (const { person } of found.damaged) people.delete(person);
      // A record that lost its labels must not look like no record at all.
      for (const person of people) {
        const object = await cluster.read<V1ConfigMap>(reference(person));
        if (object) sort(object, found);
      }
      return found;
    },
    open: () => list(`,${label.work}!=${noWork}`),
    inAdmission: sharedRead(() => list(`,${label.admission}`, parseQueued)),
    follow: (tell) =>
      cluster.follow(
        { apiVersion: "v1", kind: "ConfigMap" },
        namespace,
        { path: `/api/v1/namespaces/${namespace}/configmaps`, labels: `${label.purpose}=${purpose.request}` },
        {
          changed(type, object) {
            const person = personOf(object);
            const last = known.get(person);
            // What was read or written here may be newer than what is heard.
            if (type === "DELETED") known.delete(person);
            else if (last && isNewer(object, last.object))
              known.set(person, { ...last, object: object, heardAt: now() });
            tell(person);
          },
          missed: () => {
            known.clear();
          },
        },
      ),
    all: () => list(""),
  };
  return requests;
}

function nothingFound(): FoundRecords {
  return { records: [], damaged: [], mislabelled: [] };
}

/** Versions of one kind of object grow (kubernetes.io/docs/reference/using-api/api-concepts, "Resource versions"). */
function isNewer(one: V1ConfigMap, other: V1ConfigMap | null): boolean {
  return Number(one.metadata?.resourceVersion) > Number(other?.metadata?.resourceVersion ?? 0);
}

function kindOf({ apiVersion, kind }: Reference) {
  return { apiVersion, kind };
}
