import type { V1ConfigMap, V1ObjectMeta } from "@kubernetes/client-node";
import { z } from "zod";
import { personId, subjectId } from "../desktop/names.ts";
import type { Fence } from "../desktop/activities.ts";
import {
  addOutcome,
  checkGeneration,
  type DesktopRequest,
  type Outcome,
  type RequestRecord,
} from "../desktop/request.ts";
import { type Evidence, rules } from "../desktop/reaping.ts";
import type { DesktopBefore } from "../desktop/state.ts";
import { type ErrorCode, errorCodes, ProductError } from "../errors.ts";
import type { Cluster, Reference } from "./cluster.ts";
import { isOurs, label, manager, purpose } from "./labels.ts";

const requestSchema: z.ZodType<DesktopRequest> = z.object({
  id: z.string(),
  username: z.string(),
  workspace: z.string().nullable(),
  retire: z.boolean().optional(),
  nobodyAsked: z.boolean().optional(),
  requestedAt: z.string(),
  subject: z.string().optional(),
  claims: z.record(z.string(), z.unknown()),
  reason: z.string().optional(),
});

const outcomeSchema: z.ZodType<Outcome> = z.discriminatedUnion("state", [
  z.object({ state: z.literal("done"), at: z.string(), message: z.string(), url: z.string().optional() }),
  z.object({
    state: z.literal("failed"),
    at: z.string(),
    code: z.custom<ErrorCode>((code) => typeof code === "string" && Object.hasOwn(errorCodes, code)),
    reason: z.string(),
    step: z.string(),
    undone: z.array(z.string()),
    leftBehind: z.array(z.string()),
  }),
  z.object({ state: z.literal("superseded"), at: z.string(), reason: z.string() }),
]);

/** We wrote it ourselves, from the type; what matters is that it is there. */
const beforeSchema = z.object({
  workspace: z.string(),
  desktop: z.custom<DesktopBefore>((value) => typeof value === "object" && value !== null && "permissions" in value),
});

const decisionSchema = z.object({
  workspace: z.string(),
  at: z.string(),
  action: z.enum(["keep", "suspend", "retire"]),
  rule: z.enum(rules),
  reason: z.string(),
  evidence: z
    .object({
      what: z.string(),
      at: z.string(),
      source: z.custom<Evidence["source"]>((source) => typeof source === "string"),
    })
    .optional(),
  next: z.object({ at: z.string(), action: z.enum(["suspend", "retire"]), reason: z.string() }).optional(),
});

const recordSchema = z.object({
  request: requestSchema,
  outcomes: z.record(z.string(), outcomeSchema),
  before: beforeSchema.optional(),
  presence: z
    .object({
      seenAt: z.string(),
      sessions: z.array(z.string()),
      leaving: z.object({ since: z.string(), until: z.string() }).optional(),
    })
    .optional(),
  removals: z
    .array(z.object({ id: z.string(), workspace: z.string(), requestedAt: z.string(), reason: z.string() }))
    .optional(),
  kept: z
    .object({ workspace: z.string(), until: z.string(), by: z.string(), reason: z.string().optional() })
    .optional(),
  reviews: z
    .array(z.object({ id: z.string(), workspace: z.string(), requestedAt: z.string(), by: z.string() }))
    .optional(),
  work: z.object({ generation: z.int().nonnegative(), notBefore: z.string() }).optional(),
  decisions: z.array(decisionSchema).optional(),
});

/** Each part of a record is JSON under its own key, so that people can read it with kubectl. */
const parts = Object.keys(recordSchema.shape);

/** The desired state: one ConfigMap a person, written with optimistic concurrency. */
export interface Requests {
  read(person: string): Promise<RequestRecord | null>;
  /**
   * Writes what `decide` returns for the current record, and decides again when somebody else was quicker. `decide` may
   * return null to leave everything as it is.
   *
   * @param fence of the orchestration that writes; the write throws `work-replaced` if a newer one took over
   */
  update(
    person: string,
    decide: (current: RequestRecord | null) => RequestRecord | null,
    fence?: Fence,
  ): Promise<RequestRecord | null>;
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
  bySubject(subject: string): Promise<RequestRecord[]>;
  /** Everybody's requests; a damaged one is left out, so that it never stops the others, and named. */
  all(): Promise<{ records: RequestRecord[]; damaged: string[] }>;
}

/** More than the callers that ever write one person's request at the same time. */
const attempts = 50;

export function requestsIn(cluster: Cluster, namespace: string): Requests {
  const reference = (person: string): Reference => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: `desktop-request-${person}`, namespace },
  });

  async function list(selector: string): Promise<{ records: RequestRecord[]; damaged: string[] }> {
    const labels = `${label.managedBy}=${manager},${label.purpose}=${purpose.request}${selector}`;
    const records: RequestRecord[] = [];
    const damaged: string[] = [];
    for await (const page of cluster.pages<V1ConfigMap>({ apiVersion: "v1", kind: "ConfigMap" }, namespace, {
      labels,
    })) {
      for (const object of page) {
        try {
          records.push(parse(object));
        } catch (error) {
          damaged.push((error as Error).message);
        }
      }
    }
    return { records, damaged };
  }

  const requests: Requests = {
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
          ? await cluster.replace({ ...found, ...kindOf(reference(person)), ...contentOf(record, found.metadata) })
          : await cluster.create({ ...manifestOf(reference(person), record) });
        if (written) return record;
      }
      throw new ProductError(
        "too-many-writers",
        `write desktop request: it changed ${attempts} times meanwhile (ask again)`,
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
      const remove = (current: RequestRecord | null) => {
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
      const { records } = await list(`,${label.subject}=${subjectId(subject)}`);
      return records.filter(({ request }) => request.subject === subject);
    },
    all: () => list(""),
  };
  return requests;
}

function kindOf({ apiVersion, kind }: Reference) {
  return { apiVersion, kind };
}

function contentOf(record: RequestRecord, metadata: V1ObjectMeta = {}) {
  const { username, subject } = record.request;
  const entries = Object.entries(record).filter(([, value]) => value !== undefined);
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
    data: Object.fromEntries(entries.map(([key, value]) => [key, JSON.stringify(value)])),
  };
}

function manifestOf({ metadata, ...kind }: Reference, record: RequestRecord): V1ConfigMap {
  return { ...kind, ...contentOf(record, metadata) };
}

function parse(found: V1ConfigMap): RequestRecord {
  const name = found.metadata?.name ?? "";
  if (!isOurs(found))
    throw new ProductError("not-ours", `read desktop request: the ConfigMap ${name} is not ours (rename or remove it)`);
  try {
    const { data = {} } = found;
    const known = parts.filter((part) => data[part] !== undefined);
    const read = known.map((part): [string, unknown] => [part, JSON.parse(data[part] ?? "")]);
    return recordSchema.parse(Object.fromEntries(read)) satisfies RequestRecord;
  } catch (error) {
    throw new ProductError(
      "internal",
      `read desktop request: the ConfigMap ${name} is damaged (delete it; the person asks again)`,
      { cause: error },
    );
  }
}
