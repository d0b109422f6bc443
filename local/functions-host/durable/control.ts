import { randomUUID } from "node:crypto";
import { findFunction } from "../functions.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { EngineContext } from "./engine-context.ts";
import { event } from "./history.ts";
import type { Message } from "./history.ts";
import { describeInvalidInstanceId } from "./instance-id.ts";
import { startInstance } from "./start-instance.ts";
import { isFinished } from "./store.ts";
import type { Instance } from "./store.ts";
import { describeMissing } from "./missing-function.ts";

type StartResult = { started: string } | { refused: "invalid" | "already running"; reason: string };
export type SendResult = "sent" | "unknown instance" | "finished";

/** What clients can do to instances. Everything is committed before it is answered. */
export interface Control {
  start(request: { name: string; instanceId?: string; input: string | null; version?: string }): Promise<StartResult>;
  raiseEvent(instanceId: string, name: string, input: string): Promise<SendResult>;
  terminate(instanceId: string, reason: string): Promise<SendResult>;
  suspend(instanceId: string, reason: string): Promise<SendResult>;
  resume(instanceId: string, reason: string): Promise<SendResult>;
  /** Removes an instance in any state, as Azure's handler does. False when there is none. */
  purge(instanceId: string): Promise<boolean>;
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
      const fn = findFunction(functions, "orchestration", name);
      if (!fn) return { refused: "invalid", reason: describeMissing(functions, "orchestration", name) };
      const start = { instanceId, name: fn.name, input, version: version ?? settings.defaultVersion, parent: null };
      const running = await commit(instanceId, "ExecutionStarted", () => startInstance(store, start, clock.now()));
      return running && !faults.dropSecondStart
        ? { refused: "already running", reason: describeRunning(running) }
        : { started: instanceId };
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
        const exists = store.instance(instanceId) !== undefined;
        store.removeInstance(instanceId);
        return exists;
      }),
  };
}

function describeRunning({ status }: Instance): string {
  return `An Orchestration instance with the status ${status} already exists.`;
}
