import type { FunctionApp } from "@stand-in/functions-host";
import {
  decideTurn,
  type Decision,
  EventType,
  type HistoryEvent,
  type Scheduled,
} from "@stand-in/functions-host/testing";
import { isContained } from "./contained.ts";
import { type Recording, type RecordedEnd, turnsOf } from "./recording.ts";

/** A place where the current code decides differently than the release did. */
export interface Difference {
  /** Counted from 1. */
  turn: number;
  /** `order`: the orchestration would fail or do something else. `input`, `end`: other contents in the same order. */
  kind: "order" | "input" | "end";
  words: string;
}

/**
 * Replays every prefix of a recorded history that ends at a turn of the orchestrator. What is scheduled must be what
 * the history shows next, by kind, name and sequence id, which is all that the durable extension compares. Inputs and
 * the end may contain more than in the release. Stops at the first turn that differs in order.
 */
export async function compareWithRecording(app: FunctionApp, recording: Recording): Promise<Difference[]> {
  const differences: Difference[] = [];
  const turns = turnsOf(recording.history);
  for (const [index, { given, scheduled }] of turns.entries()) {
    const note = (kind: Difference["kind"], words: string) => differences.push({ turn: index + 1, kind, words });
    let decision: Decision;
    try {
      decision = await decideTurn(app, given);
    } catch (error) {
      note("order", `the orchestrator fails: ${(error as Error).message}`);
      return differences;
    }
    const isLast = index === turns.length - 1;
    const wrong = compareOrder(scheduled, decision, isLast);
    if (wrong !== undefined) {
      note("order", wrong);
      return differences;
    }
    for (const each of decision.scheduled) {
      if (each.kind !== "activity") continue;
      const expected = recording.inputs.find(({ ids }) => ids.includes(each.id))?.input ?? null;
      const path = isContained(expected, JSON.parse(each.input ?? "null"));
      if (path !== true) note("input", `the input of ${each.name} (${each.id}) differs at ${path}`);
    }
    const end = endOf(decision);
    const path = isLast && end ? isContained(recording.end, end) : true;
    if (path !== true) note("end", `it ends differently, at ${path}: ${JSON.stringify(end)}`);
  }
  return differences;
}

export function endOf({ end }: Decision): RecordedEnd | undefined {
  if (end?.status === "Completed") return { output: JSON.parse(end.output ?? "null") };
  if (end?.status === "ContinuedAsNew") return { continuesWith: JSON.parse(end.input ?? "null") };
  return undefined;
}

function compareOrder(
  recorded: readonly HistoryEvent[],
  { scheduled, end }: Decision,
  isLast: boolean,
): string | undefined {
  if (end?.status === "Failed") return `it fails: ${end.reason}`;
  const told = (each: readonly string[]) => each.join(", ") || "nothing";
  const expected = told(recorded.map(describeEvent));
  const actual = told(scheduled.map(describeScheduled));
  if (expected.toLowerCase() !== actual.toLowerCase()) return `expected ${expected}, but it schedules ${actual}`;
  if (isLast !== (end !== undefined)) return isLast ? "it does not end" : `it ends already, instead of ${expected}`;
  return undefined;
}

function describeEvent(event: HistoryEvent): string {
  if (event.EventType === EventType.TaskScheduled) return `activity ${event.Name} (${event.EventId})`;
  if (event.EventType === EventType.TimerCreated) return `timer (${event.EventId})`;
  if (event.EventType === EventType.SubOrchestrationInstanceCreated)
    return `orchestration ${event.Name} (${event.EventId})`;
  return `event ${event.EventType}`;
}

function describeScheduled(scheduled: Scheduled): string {
  return scheduled.kind === "timer"
    ? `timer (${scheduled.id})`
    : `${scheduled.kind} ${scheduled.name} (${scheduled.id})`;
}
