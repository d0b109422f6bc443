import { randomUUID } from "node:crypto";
import { event } from "./history.ts";
import type { ParentInstance } from "./history.ts";
import { isFinished } from "./store.ts";
import type { DurableStore, Instance } from "./store.ts";

interface NewInstance {
  instanceId: string;
  name: string;
  version: string | null;
  /** JSON. */
  input: string | null;
  parent: ParentInstance | null;
}

/** Returns a new execution id: a GUID. Default ids of sub-orchestrations begin with it. */
export function newExecutionId(): string {
  return randomUUID();
}

/**
 * Inside a transaction: creates the status row and sends the start. A finished instance with that id is replaced, and
 * its history too; an unfinished one is left alone and returned.
 */
export function startInstance(store: DurableStore, start: NewInstance, now: Date): Instance | undefined {
  const existing = store.instance(start.instanceId);
  if (existing && !isFinished(existing.status)) return existing;
  store.removeInstance(start.instanceId);
  const instance: Instance = {
    ...start,
    executionId: newExecutionId(),
    status: "Pending",
    output: null,
    customStatus: null,
    createdAt: now.getTime(),
    updatedAt: now.getTime(),
  };
  store.writeInstance(instance);
  sendStart(store, instance, now);
  return undefined;
}

/** Inside a transaction: sends the start of the instance's current execution. */
export function sendStart(store: DurableStore, instance: Instance, now: Date): void {
  const { instanceId, executionId, parent, name, version, input } = instance;
  const started = event("ExecutionStarted", now, {
    OrchestrationInstance: { InstanceId: instanceId, ExecutionId: executionId },
    ParentInstance: parent,
    Name: name,
    Version: version,
    Input: input,
    Tags: null,
  });
  store.send(instanceId, started, now.getTime(), { executionId, first: true });
}
