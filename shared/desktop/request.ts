import { type ErrorCode, ProductError } from "../errors.ts";
import type { Fence } from "./activities.ts";
import type { Claims } from "./entitlement.ts";
import { personId } from "./names.ts";
import { type Decision, presumedEndWords, type Rule, type TakenDecision } from "./reaping.ts";
import type { DesktopBefore } from "./state.ts";

/** What a person wants: a workspace, or none. One small object a person in the cluster; the newest request counts. */
export interface DesktopRequest {
  id: string;
  username: string;
  /** null: no desktop. */
  workspace: string | null;
  /** Everything that the person has is to go for good, in every workspace. */
  retire?: boolean | undefined;
  requestedAt: string;
  /** The person's id at the identity provider, where known. */
  subject?: string | undefined;
  /** The claims that bindings look at, as proven when the request was made. */
  claims: Claims;
  /** It only stands in the place of a record that somebody deleted: what the person's claims are is not known. */
  nobodyAsked?: boolean | undefined;
  /** Why there is to be no desktop, where it was not the person who said so. */
  reason?: string | undefined;
}

/** What is known of where a person is: kept beside their request, since events tell of it in any order. */
export interface Presence {
  /** The newest time at which they were known to be there. */
  seenAt: string;
  /** The sessions at the identity provider in which they asked for a desktop, and whose end we have not heard of. */
  sessions: readonly string[];
  /** They logged out: unless they come back, their desktop is suspended at `until`. */
  leaving?: { since: string; until: string } | undefined;
}

/** One desktop that is to go for good, beside whatever its person wants. */
export interface Removal {
  id: string;
  workspace: string;
  requestedAt: string;
  reason: string;
}

/** A desktop that an administrator keeps from being taken down until a time. */
export interface Kept {
  workspace: string;
  until: string;
  by: string;
  reason?: string | undefined;
}

/** One desktop that is to be looked at under its person's lock, and put right. */
export interface Review {
  id: string;
  workspace: string;
  requestedAt: string;
  /** What asked for it: a timer, or an administrator. */
  by: string;
}

/** Which generation of the person's orchestration may act, and from when. */
export interface WorkGeneration {
  generation: number;
  /** When no activity of an older generation can be under way any more. */
  notBefore: string;
}

/** How a request ended. */
export type Outcome =
  | { state: "done"; at: string; message: string; url?: string | undefined }
  | {
      state: "failed";
      at: string;
      code: ErrorCode;
      reason: string;
      step: string;
      undone: string[];
      leftBehind: string[];
    }
  | { state: "superseded"; at: string; reason: string };

/** A person's newest request with the outcomes of the last ones, by request id. */
export interface RequestRecord {
  request: DesktopRequest;
  outcomes: Readonly<Record<string, Outcome>>;
  /**
   * What was there before work on the desktop of this workspace began. Kept until that work has ended with nothing left
   * behind, so that a run that begins again, after whatever outage, still goes back to the true beginning.
   */
  before?: { workspace: string; desktop: DesktopBefore } | undefined;
  presence?: Presence | undefined;
  /** Removals that have not ended. */
  removals?: readonly Removal[] | undefined;
  kept?: Kept | undefined;
  /** Reviews that have not ended. */
  reviews?: readonly Review[] | undefined;
  /** Set once an orchestration of the person had to be replaced. */
  work?: WorkGeneration | undefined;
  /** The last decisions about the person's desktops, the newest last; one only where something is new. */
  decisions?: readonly TakenDecision[] | undefined;
}

/** 0 until an orchestration of the person had to be replaced. */
export function generationOf(record: RequestRecord | null): number {
  return record?.work?.generation ?? 0;
}

/** The record with the next generation of its orchestration, which may act from `notBefore` on. */
export function withNextGeneration(record: RequestRecord, notBefore: string): RequestRecord {
  return { ...record, work: { generation: generationOf(record) + 1, notBefore } };
}

/** True while a new generation waits until nothing of the one before it can be under way. */
export function isTakingOver({ work }: Pick<RequestRecord, "work">, now: Date): boolean {
  return work !== undefined && Date.parse(work.notBefore) > now.getTime();
}

/** Throws `work-replaced` if the record belongs to a newer generation. */
export function checkGeneration(record: RequestRecord | null, { username, generation }: Fence): void {
  const newest = generationOf(record);
  if (generation < newest)
    throw new ProductError(
      "work-replaced",
      `work for ${username}: generation ${generation} was replaced by ${newest} (nothing to do)`,
    );
}

/** How many decisions are kept a person: what happened in about the last days. */
const decisionsKept = 10;

/** The newest decision about that desktop. */
export function lastDecision({ decisions = [] }: RequestRecord, workspace: string): TakenDecision | undefined {
  return decisions.findLast((decision) => decision.workspace === workspace);
}

/** Rules that say nothing of who uses a desktop, because something else came first. */
const sayNothingOfUse: ReadonlySet<Rule> = new Set<Rule>(["working", "reaping-paused", "kept"]);

/** The newest decision about that desktop that says something of who uses it. */
export function lastDecisionOfUse({ decisions = [] }: RequestRecord, workspace: string): TakenDecision | undefined {
  return decisions.findLast((decision) => decision.workspace === workspace && !sayNothingOfUse.has(decision.rule));
}

/** When it was decided, in a row up to now and without a break but doubt, that nobody uses the desktop; the oldest first. */
export function unusedAt({ decisions = [] }: RequestRecord, workspace: string): string[] {
  let times: string[] = [];
  for (const { rule, at } of decisions.filter((decision) => decision.workspace === workspace)) {
    if (rule === "idle" || rule === "start-grace") times.push(at);
    else if (rule !== "unknown") times = [];
  }
  return times;
}

/**
 * Whether the decision is another than the newest about its desktop. Times go on by themselves and are nothing new, but for
 * the end of a session that nobody wrote down: when it was first missed is remembered by that.
 */
export function isNewDecision(record: RequestRecord, workspace: string, { action, rule, evidence }: Decision): boolean {
  const last = lastDecision(record, workspace);
  const missed = evidence?.what === presumedEndWords && last?.evidence?.at !== evidence.at;
  return last?.action !== action || last.rule !== rule || missed;
}

/** The record with a decision about a desktop; the same one where it is nothing new. */
export function withDecision(record: RequestRecord, workspace: string, at: string, decision: Decision): RequestRecord {
  if (!isNewDecision(record, workspace, decision)) return record;
  // Doubt that says nothing itself still rests on what was seen before.
  const before = decision.rule === "unknown" ? lastDecisionOfUse(record, workspace)?.evidence : undefined;
  const taken = { workspace, at, ...decision, ...(before && !decision.evidence && { evidence: before }) };
  const decisions = [...(record.decisions ?? []), taken].slice(-decisionsKept);
  return { ...record, decisions };
}

/**
 * How many outcomes are kept a person: enough that somebody who asked among many others still learns how it ended, few
 * enough for a small object (a long reason has 2 kB, a ConfigMap holds 1 MB).
 */
export const outcomesKept = 50;

/** Adds an outcome, the newest last, and forgets the oldest. The first outcome of a request stays: it has been told. */
export function addOutcome(
  outcomes: Readonly<Record<string, Outcome>>,
  id: string,
  outcome: Outcome,
): Record<string, Outcome> {
  if (Object.hasOwn(outcomes, id)) return { ...outcomes };
  const entries: [string, Outcome][] = [...Object.entries(outcomes), [id, outcome]];
  return Object.fromEntries(entries.slice(-outcomesKept));
}

/** The instance id of a person's orchestration, which is the lock: one at a time runs with it. */
export function instanceIdOf(username: string): string {
  return `person-${personId(username)}`;
}

/** An operation's id names its person and its request or removal, so that it can be found without an index. */
export function operationIdOf(request: Pick<DesktopRequest, "id" | "username">): string {
  return `${personId(request.username)}.${request.id}`;
}

export const operationIdPattern = /^([0-9a-f]{32})\.([0-9a-f-]{36})$/;

/** The two parts of an operation's id, or null where it cannot be one. */
export function parseOperationId(id: string): { person: string; request: string } | null {
  const match = operationIdPattern.exec(id);
  return match?.[1] && match[2] ? { person: match[1], request: match[2] } : null;
}
