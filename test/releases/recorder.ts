import type { FunctionApp } from "@stand-in/functions-host";
import { decideTurn, type HistoryEvent, watchInvocations } from "@stand-in/functions-host/testing";
import { type Recording, startOf, turnsOf } from "./recording.ts";
import { endOf } from "./replay.ts";

/** Collects what an app's orchestrators are given, through the worker's own hook, so that it works on any host. */
export interface Recorder {
  /**
   * Returns the executions since the last call, in the order of their starts; each has the history of its last turn.
   */
  take(): HistoryEvent[][];
  stop(): void;
}

export function startRecorder(app: FunctionApp): Recorder {
  const executions = new Map<string, HistoryEvent[]>();
  const stop = watchInvocations(app, (inputs) => {
    const [given] = inputs as unknown[];
    if (typeof given !== "object" || given === null || !("history" in given)) return;
    // The library turns the timestamps into dates.
    const history = (JSON.parse(JSON.stringify(given.history)) as HistoryEvent[]).map(withoutStack);
    executions.set(startOf(history).OrchestrationInstance.ExecutionId, history);
  });
  return {
    take() {
      const taken = [...executions.values()];
      executions.clear();
      return taken;
    },
    stop,
  };
}

/** Orchestrations read the first line of an error; the stack contains only paths of the recording machine. */
function withoutStack(event: HistoryEvent): HistoryEvent {
  if (!("Details" in event)) return event;
  return { ...event, Details: event.Details.replace(/\\nStack: (?:[^"\\]|\\.)*/, "") };
}

/** Adds the inputs of the activities and the end, as the recorded code decides them. Throws if it has not ended. */
export async function completeRecording(
  app: FunctionApp,
  origin: Recording["origin"],
  history: HistoryEvent[],
): Promise<Recording> {
  const byInput = new Map<string, number[]>();
  let end: Recording["end"] | undefined;
  for (const { given } of turnsOf(history)) {
    const decision = await decideTurn(app, given);
    for (const each of decision.scheduled)
      if (each.kind === "activity") {
        const input = each.input ?? "null";
        byInput.set(input, [...(byInput.get(input) ?? []), each.id]);
      }
    end = endOf(decision);
  }
  if (!end) throw new Error(`record ${origin.scenario}: ${startOf(history).Name} has not ended (let it end first)`);
  const inputs = [...byInput].map(([input, ids]) => ({ ids, input: JSON.parse(input) as unknown }));
  return { origin, history, inputs, end };
}
