import type { TakenDecision } from "../desktop/decision.ts";
import { endIn } from "./ends.ts";
import type { Intervention, Outcome, PersonRecord } from "./record.ts";
import { outcomeOf } from "./outcomes.ts";

/** What is remembered of a desktop: what was decided about it, what became of requests, and what people did to it. */
export type TimelineEntry =
  | ({ kind: "decision" } & Omit<TakenDecision, "workspace">)
  | {
      kind: "operation";
      /** When it ended; of one that has not, when it was asked for. */
      at: string;
      /** The id of the request or retirement. */
      id: string;
      state: "under way" | Outcome["state"];
      reason: string;
      code?: Extract<Outcome, { state: "failed" }>["code"];
      step?: string;
    }
  | ({ kind: "administrator" | "person" } & Omit<Intervention, "workspace">);

/** Returns what is remembered of a person's desktop, the newest first. Of older releases' operations it is not known which desktop they were about: they are listed. */
export function timelineOf(record: PersonRecord, workspace: string): TimelineEntry[] {
  const { decisions = [], interventions = [], outcomes } = record;
  const isAbout = (of: { workspace: string }) => of.workspace === workspace;
  const entries: TimelineEntry[] = [
    ...decisions.filter(isAbout).map(takenDecision),
    ...Object.entries(outcomes).flatMap(([id, outcome]) => operationIn(workspace, id, outcome)),
    ...interventions.filter(isAbout).map((each) => done(each, record.request.username)),
    ...underWay(record, workspace),
  ];
  // Of what happened at the same time, what was added last is the newest.
  return entries.reverse().sort((one, other) => (one.at < other.at ? 1 : -Number(one.at > other.at)));
}

// A newer release may have written more than is shown.
function takenDecision({ at, action, rule, minutes, reason, evidence, next }: TakenDecision): TimelineEntry {
  return { kind: "decision", at, action, rule, minutes, reason, evidence, next };
}

function done({ at, by, action, reason, until, id }: Intervention, username: string): TimelineEntry {
  return { kind: by === username ? "person" : "administrator", at, by, action, reason, until, id };
}

/** An operation as the desktop in a workspace saw it; nothing if it was about others. */
function operationIn(workspace: string, id: string, outcome: Outcome): TimelineEntry[] {
  const { workspace: of, tookDown, at } = outcome;
  if (of === workspace || (of == null && (tookDown?.includes(workspace) ?? true))) return [endedOperation(id, outcome)];
  if (of == null || !tookDown?.includes(workspace)) return [];
  const reason = `suspended: its person has the desktop in ${of} now`;
  return [{ kind: "operation", at, id, state: "done", reason }];
}

/** The outcome of the newest operation that was about the desktop in a workspace; undefined if none is remembered. */
export function lastOutcomeIn(record: PersonRecord, workspace: string) {
  const of = Object.entries(record.outcomes).flatMap(([id, outcome]) => operationIn(workspace, id, outcome));
  const newest = of.reduceRight<TimelineEntry | undefined>(
    (last, each) => (last && last.at >= each.at ? last : each),
    undefined,
  );
  return newest?.kind === "operation" ? newest : undefined;
}

function endedOperation(id: string, outcome: Outcome): TimelineEntry {
  const { state, at } = outcome;
  if (outcome.state !== "failed")
    return { kind: "operation", at, id, state, reason: outcome.state === "done" ? outcome.message : outcome.reason };
  return { kind: "operation", at, id, state, reason: outcome.reason, code: outcome.code, step: outcome.step };
}

function underWay(record: PersonRecord, workspace: string): TimelineEntry[] {
  const { request, removals = [] } = record;
  const state = "under way";
  // A request for none is about what runs, or may.
  const isMeant =
    request.workspace === null ? request.retire === true || !endIn(record, workspace) : request.workspace === workspace;
  const isAsked = !outcomeOf(record) && isMeant;
  const usual = request.workspace === null ? "no desktop of this person is to run" : "the desktop was asked for";
  return [
    ...(isAsked
      ? [
          {
            kind: "operation" as const,
            at: request.requestedAt,
            id: request.id,
            state,
            reason: request.reason ?? usual,
          } as const,
        ]
      : []),
    ...removals
      .filter((removal) => removal.workspace === workspace)
      .map(
        ({ id, requestedAt, reason }) => ({ kind: "operation" as const, at: requestedAt, id, state, reason }) as const,
      ),
  ];
}
