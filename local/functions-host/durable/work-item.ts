import { findFunction } from "../functions.ts";
import type { Action } from "./actions.ts";
import { commitDecision, commitTermination } from "./commit.ts";
import type { Outcome, WorkItem } from "./commit.ts";
import { durableCategory } from "./engine-context.ts";
import type { EngineContext } from "./engine-context.ts";
import { event, EventType } from "./history.ts";
import type { ExecutionTerminated, Message } from "./history.ts";
import { describeMissing } from "./missing-function.ts";
import { orchestratorFailed } from "./failure-details.ts";
import { replay } from "./replay.ts";
import { OrchestratorBroken, runOrchestrator } from "./run-orchestrator.ts";
import { describeOversizedStatus } from "./strict-mode.ts";
import { isFinished } from "./store.ts";
import type { Instance, Received } from "./store.ts";

/** Processes all messages of one instance and commits the result in one transaction. One at a time per instance. */
export async function runWorkItem(engine: EngineContext, instanceId: string): Promise<void> {
  const { store, claims, clock, faults } = engine;
  const item = takeWork(engine, instanceId, clock.now());
  if (!item) return;
  const terminated = item.events.find((each) => each.EventType === EventType.ExecutionTerminated);
  const outcome = terminated ? undefined : await decide(engine, item);
  await faults.beforeCommit?.({ kind: "orchestration", instanceId, name: item.instance.name });
  store.database.transaction(() => {
    // Another host has taken it over, because this one seemed dead.
    if (!claims.isMine("turn", instanceId)) return;
    const current = store.instance(instanceId);
    store.removeReceived(item.takenIds);
    // The instance was purged, and perhaps started again, while the orchestrator ran: its decision is void.
    if (current?.executionId !== item.instance.executionId) return;
    if (outcome) commitDecision(engine, item, outcome);
    else commitTermination(engine, item, terminated as ExecutionTerminated);
  });
}

function takeWork({ store, log, faults }: EngineContext, instanceId: string, now: Date): WorkItem | undefined {
  const received = store.received(instanceId, now.getTime());
  if (faults.loseMessages?.(instanceId)) {
    store.removeReceived(received.map(({ id }) => id));
    return undefined;
  }
  const instance = store.instance(instanceId);
  const past = store.history(instanceId);
  const messages = instance && !isFinished(instance.status) ? relevant(received, instance, past.length > 0) : [];
  if (!instance || messages.length === 0) {
    log("debug", durableCategory, `${instanceId}: ${received.length} message(s) arrived too late and were dropped`);
    store.removeReceived(received.map(({ id }) => id));
    return undefined;
  }
  return {
    instance,
    past: past.map((each) => ({ ...each, IsPlayed: true })),
    events: [event("OrchestratorStarted", now, {}), ...messages],
    takenIds: received.map(({ id }) => id),
    now,
  };
}

/** Drops messages for an earlier execution, and a second start. */
function relevant(received: readonly Received[], instance: Instance, hasStarted: boolean): Message[] {
  return received
    .filter(({ executionId }) => executionId === null || executionId === instance.executionId)
    .map((each) => each.event)
    .filter((each) => !(hasStarted && each.EventType === EventType.ExecutionStarted));
}

async function decide(engine: EngineContext, { instance, past, events }: WorkItem): Promise<Outcome> {
  const { functions, settings, log } = engine;
  const { name, customStatus } = instance;
  const fail = (reason: string, status = customStatus): Outcome => ({
    decision: { scheduled: [], end: { status: "Failed", reason }, nextId: -1, suspended: false, isOpen: () => false },
    customStatus: status,
  });
  const fn = findFunction(functions, "orchestration", name);
  if (!fn) return fail(orchestratorFailed(name, describeMissing(functions, "orchestration", name)));

  const history = [...past, ...events];
  try {
    const state = await runOrchestrator(engine, fn, instance, history);
    if (countActions(state.actions.flat()) > settings.maxOrchestrationActions) {
      throw new OrchestratorBroken(`more than ${settings.maxOrchestrationActions} actions (use continueAsNew)`);
    }
    const newStatus = state.customStatus === undefined ? customStatus : JSON.stringify(state.customStatus);
    const oversized = describeOversizedStatus(newStatus ?? "");
    if (oversized !== undefined) throw new OrchestratorBroken(oversized);
    const decision = replay(history, state, instance.executionId, {
      name,
      instanceId: instance.instanceId,
      parentInstanceId: instance.parent?.InstanceId ?? null,
      defaultVersion: settings.defaultVersion,
      hasFunction(kind, wanted) {
        const isThere = findFunction(functions, kind, wanted) !== undefined;
        if (!isThere)
          log("warning", durableCategory, describeEndlessCall(instance, describeMissing(functions, kind, wanted)));
        return isThere;
      },
    });
    return { decision, customStatus: newStatus };
  } catch (error) {
    if (error instanceof OrchestratorBroken) return fail(orchestratorFailed(name, error.message));
    throw error;
  }
}

function describeEndlessCall({ instanceId, name }: Instance, reason: string): string {
  return `${instanceId}: Function '${name} (Orchestrator)' waits forever, as it would in Azure: ${reason}`;
}

function countActions(actions: readonly Action[]): number {
  return actions.reduce((sum, each) => sum + ("compoundActions" in each ? countActions(each.compoundActions) : 1), 0);
}
