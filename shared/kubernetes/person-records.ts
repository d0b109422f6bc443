import type { V1ConfigMap, V1ObjectMeta } from "@kubernetes/client-node";
import type { Fence } from "../desktop/activities.ts";
import { personId, subjectId } from "../desktop/names.ts";
import { addOutcome, checkGeneration } from "../person/request.ts";
import type { DesktopBefore } from "../desktop/state.ts";
import { ProductError } from "../errors.ts";
import type { DamagedRecord } from "../person/damaged-record.ts";
import type { Outcome, PersonRecord } from "../person/record.ts";
import { formatRecord, parseRecord } from "../person/stored-record.ts";
import type { Cluster, Reference } from "./cluster.ts";
import { isOurs, label, manager, purpose } from "./labels.ts";

const prefix = "desktop-request-";

/** Records that can be read, and those that cannot. */
export interface FoundRecords {
  records: PersonRecord[];
  damaged: DamagedRecord[];
}

/** The desired state: one ConfigMap a person, written with optimistic concurrency. */
export interface PersonRecords {
  /** Throws `damaged-record` if it cannot be read. */
  read(person: string): Promise<PersonRecord | null>;
  /**
   * Writes what `decide` returns for the current record, and decides again when somebody else was quicker. `decide` may
   * return null to leave everything as it is.
   *
   * @param fence of the orchestration that writes; the write throws `work-replaced` if a newer one took over
   */
  update(
    person: string,
    decide: (current: PersonRecord | null) => PersonRecord | null,
    fence?: Fence,
  ): Promise<PersonRecord | null>;
  /**
   * Adds the outcome of a request; the first one stays. What was there before is forgotten, unless something of the run was
   * left behind: then the next run for that workspace goes back to it.
   */
  recordOutcome(person: string, requestId: string, outcome: Outcome, fence?: Fence): Promise<void>;
  /** Adds the outcome of a removal, which is no longer to be done then. */
  recordRemoval(person: string, id: string, outcome: Outcome, fence?: Fence): Promise<void>;
  /** Keeps what was there before work on a desktop began, and returns what was kept first. */
  keepBefore(person: string, workspace: string, desktop: DesktopBefore, fence?: Fence): Promise<DesktopBefore>;
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
    async update(person, decide, fence) {
      for (let attempt = 0; attempt < attempts; attempt += 1) {
        const found = await cluster.read<V1ConfigMap>(reference(person));
        const current = found && parse(found);
        if (fence) checkGeneration(current, fence);
        const record = decide(current);
        if (!record) return current;
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
    async recordOutcome(person, requestId, outcome, fence) {
      await requests.update(
        person,
        (current) =>
          current && {
            ...current,
            outcomes: addOutcome(current.outcomes, requestId, outcome),
            before: outcome.state === "failed" && outcome.leftBehind.length > 0 ? current.before : undefined,
          },
        fence,
      );
    },
    async recordRemoval(person, id, outcome, fence) {
      const remove = (current: PersonRecord | null) => {
        const removal = current?.removals?.find((each) => each.id === id);
        if (!current || !removal) return null;
        const removals = current.removals?.filter((each) => each.id !== id) ?? [];
        return {
          ...current,
          outcomes: addOutcome(current.outcomes, id, outcome),
          removals: removals.length > 0 ? removals : undefined,
          before: current.before?.workspace === removal.workspace ? undefined : current.before,
        };
      };
      await requests.update(person, remove, fence);
    },
    async keepBefore(person, workspace, desktop, fence) {
      const record = await requests.update(
        person,
        (current) =>
          current && current.before?.workspace !== workspace ? { ...current, before: { workspace, desktop } } : null,
        fence,
      );
      return record?.before?.workspace === workspace ? record.before.desktop : desktop;
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
  return {
    metadata: {
      ...metadata,
      labels: {
        ...metadata.labels,
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
