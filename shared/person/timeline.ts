import type { TakenDecision } from "../desktop/decision.ts";
import type { Intervention, Outcome, PersonRecord } from "./record.ts";
import { outcomeOf } from "./request.ts";

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
  const isAbout = (of: { workspace?: string | null | undefined }) => of.workspace == null || of.workspace === workspace;
  const entries: TimelineEntry[] = [
    ...decisions.filter(isAbout).map(takenDecision),
    ...Object.entries(outcomes).flatMap(([id, outcome]) => (isAbout(outcome) ? [endedOperation(id, outcome)] : [])),
    ...interventions.filter(isAbout).map((each) => done(each, record.request.username)),
    ...underWay(record, workspace),
  ];
  // Of what happened at the same time, what was added last is the newest.
  return entries.reverse().sort((one, other) => (one.at < other.at ? 1 : -Number(one.at > other.at)));
}

// A newer release may have written more than is shown.
function takenDecision({ at, action, rule, reason, evidence, next }: TakenDecision): TimelineEntry {
  return { kind: "decision", at, action, rule, reason, evidence, next };
}

function done({ at, by, action, reason, until, id }: Intervention, username: string): TimelineEntry {
  return { kind: by === username ? "person" : "administrator", at, by, action, reason, until, id };
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
  const isAsked = !outcomeOf(record) && (request.workspace === null || request.workspace === workspace);
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
