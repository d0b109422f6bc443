import { randomUUID } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { findFunction } from "../functions.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { EngineContext } from "./engine-context.ts";
import { event } from "./history.ts";
import type { Message } from "./history.ts";
import { describeInvalidInstanceId } from "./instance-id.ts";
import { startInstance } from "./start-instance.ts";
import { isFinished } from "./store.ts";
import type { Instance, Status } from "./store.ts";

export type StartResult = { started: string } | { refused: "invalid" | "already running"; reason: string };
export type SendResult = "sent" | "unknown instance" | "finished";
type PurgeResult = "purged" | "unknown instance" | { stillRuns: Status };

/** What clients can do to instances. Everything is committed before the response. */
export interface Control {
  start(request: { name: string; instanceId?: string; input: string | null; version?: string }): Promise<StartResult>;
  raiseEvent(instanceId: string, name: string, input: string): Promise<SendResult>;
  terminate(instanceId: string, reason: string): Promise<SendResult>;
  suspend(instanceId: string, reason: string): Promise<SendResult>;
  resume(instanceId: string, reason: string): Promise<SendResult>;
  /** Removes an instance that has ended. */
  purge(instanceId: string): Promise<PurgeResult>;
}

export function createControl(engine: EngineContext, { wake }: Pick<Dispatcher, "wake">): Control {
  const { store, clock, faults, functions, settings } = engine;

  async function commit<T>(instanceId: string, name: string, body: () => T): Promise<T> {
    await faults.beforeCommit?.({ kind: "message", instanceId, name });
    try {
      return store.database.transaction(body);
    } finally {
      wake();
    }
  }

  function send(instanceId: string, name: string, message: (now: Date) => Message): Promise<SendResult> {
    return commit(instanceId, name, () => {
      const instance = store.instance(instanceId);
      if (!instance) return "unknown instance";
      if (isFinished(instance.status)) return "finished";
      const now = clock.now();
      store.send(instanceId, message(now), now.getTime());
      return "sent";
    });
  }

  return {
    async start({ name, instanceId: wanted, input, version }) {
      const instanceId = wanted === undefined || wanted === "" ? randomUUID().replaceAll("-", "") : wanted;
      const invalid = describeInvalidInstanceId(instanceId);
      if (invalid !== undefined) return { refused: "invalid", reason: invalid };
      // An unknown function name is accepted too; the instance fails in its first turn.
      const fn = findFunction(functions, "orchestration", name);
      const start = {
        instanceId,
        name: fn?.name ?? name,
        input,
        version: version ?? settings.defaultVersion,
        parent: null,
      };
      const found = store.instance(instanceId);
      if (found && !isFinished(found.status)) return { refused: "already running", reason: describeRunning(found) };
      // Azure Storage reads and then writes. Concurrent starts of one id see the same state and are all accepted; only
      // the first one's row is written, and the messages of the others are dropped.
      await nextTurn();
      await commit(instanceId, "ExecutionStarted", () => {
        if (isDeepStrictEqual(store.instance(instanceId), found)) startInstance(store, start, clock.now());
      });
      return { started: instanceId };
    },
    raiseEvent: (instanceId, name, input) =>
      send(instanceId, "EventRaised", (now) => event("EventRaised", now, { Name: name, Input: input })),
    terminate: (instanceId, reason) =>
      send(instanceId, "ExecutionTerminated", (now) => event("ExecutionTerminated", now, { Input: reason })),
    suspend: (instanceId, reason) =>
      send(instanceId, "ExecutionSuspended", (now) => event("ExecutionSuspended", now, { Reason: reason })),
    resume: (instanceId, reason) =>
      send(instanceId, "ExecutionResumed", (now) => event("ExecutionResumed", now, { Reason: reason })),
    purge: (instanceId) =>
      commit(instanceId, "purge", () => {
        const instance = store.instance(instanceId);
        if (!instance) return "unknown instance";
        if (!isFinished(instance.status)) return { stillRuns: instance.status };
        store.removeInstance(instanceId);
        return "purged";
      }),
  };
}

function describeRunning({ status }: Instance): string {
  return `An Orchestration instance with the status ${status} already exists.`;
}
