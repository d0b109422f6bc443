/** What keeps the work of the orchestrations: the host's storage account, or Durable Task Scheduler (docs/azure.md). */
export const durableBackends = ["storage", "scheduler"] as const;
export type DurableBackend = (typeof durableBackends)[number];

/**
 * What host.json has at extensions.durableTask.storageProvider. The setting holds an endpoint and the identity that signs
 * in; the scheduler knows no keys. https://learn.microsoft.com/azure/durable-task/scheduler/quickstart-durable-task-scheduler
 */
export const schedulerProvider = {
  type: "azureManaged",
  connectionStringName: "DURABLE_TASK_SCHEDULER_CONNECTION_STRING",
};

interface HostJson {
  extensions: { durableTask: object };
}

/** Returns host.json for a backend. The file in the repository is for `storage`; everything else in it stays. */
export function hostJsonFor(backend: DurableBackend, text: string): string {
  if (backend === "storage") return text;
  const host = JSON.parse(text) as HostJson;
  const durableTask = { ...host.extensions.durableTask, storageProvider: schedulerProvider };
  const changed = { ...host, extensions: { ...host.extensions, durableTask } };
  return `${JSON.stringify(changed, undefined, 2)}\n`;
}
