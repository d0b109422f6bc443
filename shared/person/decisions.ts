import type { Decision, Rule, TakenDecision } from "../desktop/decision.ts";
import type { PersonRecord } from "./record.ts";

/** How many decisions are kept per person: what happened in about the last days. */
const decisionsKept = 10;

/** The newest decision about that desktop. */
export function lastDecision({ decisions = [] }: PersonRecord, workspace: string): TakenDecision | undefined {
  return decisions.findLast((decision) => decision.workspace === workspace);
}

/** Rules that say nothing about who uses a desktop, because something else came first. */
const sayNothingOfUse: ReadonlySet<Rule> = new Set<Rule>(["working", "reaping-paused", "kept"]);

/** The newest decision about that desktop that says something about who uses it. */
export function lastDecisionOfUse({ decisions = [] }: PersonRecord, workspace: string): TakenDecision | undefined {
  return decisions.findLast((decision) => decision.workspace === workspace && !sayNothingOfUse.has(decision.rule));
}

/**
 * When it was decided, in an unbroken row up to now, that nobody uses the desktop; the oldest first. Decisions in doubt do
 * not break the row.
 */
export function unusedAt({ decisions = [] }: PersonRecord, workspace: string): string[] {
  let times: string[] = [];
  for (const { rule, at } of decisions.filter((decision) => decision.workspace === workspace)) {
    if (rule === "idle" || rule === "start-grace") times.push(at);
    else if (rule !== "unknown") times = [];
  }
  return times;
}

/**
 * True if the decision differs from the newest one about its desktop. Times advance by themselves and are nothing new,
 * except the end of a session that was never recorded: it says when the session was first missed.
 */
export function isNewDecision(record: PersonRecord, workspace: string, { action, rule, evidence }: Decision): boolean {
  const last = lastDecision(record, workspace);
  const missed = evidence?.kind === "presumed-end" && last?.evidence?.at !== evidence.at;
  return last?.action !== action || last.rule !== rule || missed;
}

/** The record with a decision about a desktop; the same record if it is nothing new. */
export function rememberDecision(
  record: PersonRecord,
  workspace: string,
  at: string,
  decision: Decision,
): PersonRecord {
  if (!isNewDecision(record, workspace, decision)) return record;
  // A decision in doubt without evidence of its own still rests on what was seen before.
  const before = decision.rule === "unknown" ? lastDecisionOfUse(record, workspace)?.evidence : undefined;
  const taken = { workspace, at, ...decision, ...(before && !decision.evidence && { evidence: before }) };
  const decisions = [...(record.decisions ?? []), taken].slice(-decisionsKept);
  return { ...record, decisions };
}
