import type { DesktopRequest, Outcome, PersonRecord } from "./record.ts";
import { ProductError } from "../errors.ts";
import type { Fence } from "../desktop/activities.ts";
import type { Decision, Rule, TakenDecision } from "../desktop/decision.ts";
import { personId } from "../desktop/names.ts";

/** 0 until an orchestration of the person had to be replaced. */
export function generationOf(record: PersonRecord | null): number {
  return record?.work?.generation ?? 0;
}

/** The record with the next generation of its orchestration, which may act from `notBefore` on. */
export function withNextGeneration(record: PersonRecord, notBefore: string): PersonRecord {
  return { ...record, work: { ...record.work, generation: generationOf(record) + 1, notBefore } };
}

/** True while a new generation waits until nothing of the one before it can be under way. */
export function isTakingOver({ work }: Pick<PersonRecord, "work">, now: Date): boolean {
  return work !== undefined && Date.parse(work.notBefore) > now.getTime();
}

/** Throws `work-replaced` if the record belongs to a newer generation. */
export function checkGeneration(record: PersonRecord | null, { username, generation }: Fence): void {
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
export function lastDecision({ decisions = [] }: PersonRecord, workspace: string): TakenDecision | undefined {
  return decisions.findLast((decision) => decision.workspace === workspace);
}

/** Rules that say nothing of who uses a desktop, because something else came first. */
const sayNothingOfUse: ReadonlySet<Rule> = new Set<Rule>(["working", "reaping-paused", "kept"]);

/** The newest decision about that desktop that says something of who uses it. */
export function lastDecisionOfUse({ decisions = [] }: PersonRecord, workspace: string): TakenDecision | undefined {
  return decisions.findLast((decision) => decision.workspace === workspace && !sayNothingOfUse.has(decision.rule));
}

/** When it was decided, in a row up to now and without a break but doubt, that nobody uses the desktop; the oldest first. */
export function unusedAt({ decisions = [] }: PersonRecord, workspace: string): string[] {
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
export function isNewDecision(record: PersonRecord, workspace: string, { action, rule, evidence }: Decision): boolean {
  const last = lastDecision(record, workspace);
  const missed = evidence?.kind === "presumed-end" && last?.evidence?.at !== evidence.at;
  return last?.action !== action || last.rule !== rule || missed;
}

/** The record with a decision about a desktop; the same one where it is nothing new. */
export function withDecision(record: PersonRecord, workspace: string, at: string, decision: Decision): PersonRecord {
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
