import { isDeepStrictEqual } from "node:util";
import type { AppFunction } from "../functions.ts";
import type { OrchestratorState } from "./actions.ts";
import type { EngineContext } from "./engine-context.ts";
import { EventType } from "./history.ts";
import type { HistoryEvent } from "./history.ts";
import { describeMisuse, strictMode, threwNoMessage } from "./strict-mode.ts";
import type { Instance } from "./store.ts";

// durable-functions appends a failed orchestrator's state after this label (OrchestrationFailureError.js).
const stateLabel = "\n\n$OutOfProcData$:";

/** An orchestrator failed without returning a state: the instance fails at once. */
export class OrchestratorBroken extends Error {}

/** Runs an orchestrator function over the whole history. Throws OrchestratorBroken. */
export async function runOrchestrator(
  { invoke, faults }: Pick<EngineContext, "invoke" | "faults">,
  fn: AppFunction,
  instance: Instance,
  history: readonly HistoryEvent[],
): Promise<OrchestratorState> {
  const trigger = { string: triggerInput(instance, history) };
  const runOnce = async (): Promise<OrchestratorState> => {
    try {
      const { result, returnValue } = await invoke({ fn, reason: "(null)", trigger });
      return readState(result, returnValue?.json);
    } catch (error) {
      return readFailure(error);
    }
  };
  const state = await runOnce();
  if (faults.replayTwice && !isDeepStrictEqual(await runOnce(), state)) {
    throw new OrchestratorBroken(
      strictMode(
        "two runs on the same history decided differently (remove what differs: clock, randomness, environment)",
      ),
    );
  }
  return state;
}

function triggerInput(instance: Instance, history: readonly HistoryEvent[]): string {
  const started = history.find((each) => each.EventType === EventType.ExecutionStarted);
  return JSON.stringify({
    history,
    input: instance.input === null ? null : (JSON.parse(instance.input) as unknown),
    instanceId: instance.instanceId,
    isReplaying: started?.IsPlayed ?? false,
    parentInstanceId: instance.parent?.InstanceId ?? null,
    upperSchemaVersion: 1,
    // 2 is schema V3, without entity locks, which need 3.
    upperSchemaVersionNew: 2,
    longRunningTimerIntervalDuration: "3.00:00:00",
    maximumShortTimerDuration: "6.00:00:00",
    // The misspelling is the extension's.
    defaultHttpAsyncRequestSleepTimeMillseconds: 30_000,
  });
}

function readState(result: unknown, json: string | undefined): OrchestratorState {
  const live = result as OrchestratorState | undefined;
  if (json === undefined || !Array.isArray(live?.actions)) {
    throw new OrchestratorBroken("the function returned no orchestrator state (register it with df.app.orchestration)");
  }
  // Only the objects show that two compounds share a task; in JSON this is lost.
  const misuse = describeMisuse(live.actions.flat());
  if (misuse !== undefined) throw new OrchestratorBroken(strictMode(misuse));
  return JSON.parse(json) as OrchestratorState;
}

function readFailure(error: unknown): OrchestratorState {
  if (error instanceof OrchestratorBroken) throw error;
  const message = error instanceof Error ? error.message : String(error);
  const at = message.indexOf(stateLabel);
  if (at < 0) throw new OrchestratorBroken(message);
  const state = JSON.parse(message.slice(at + stateLabel.length)) as OrchestratorState;
  const misuse = describeMisuse(state.actions.flat());
  if (misuse !== undefined) throw new OrchestratorBroken(strictMode(misuse));
  return { ...state, error: state.error ?? threwNoMessage };
}

/** Returns an orchestrator's failure for the log, without the state that its message contains. */
export function describeFailure(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const at = message.indexOf(stateLabel);
  if (at < 0) return message;
  return (JSON.parse(message.slice(at + stateLabel.length)) as OrchestratorState).error ?? "no message";
}
