/**
 * What keeps the work of the orchestrations: the host's storage account, Durable Task Scheduler (docs/azure.md), or, where
 * there is no Azure, SQL Server (docs/deploy.md).
 */
export const durableBackends = ["storage", "scheduler", "mssql"] as const;
export type DurableBackend = (typeof durableBackends)[number];

/**
 * What host.json has at extensions.durableTask.storageProvider. The setting holds an endpoint and the identity that signs
 * in; the scheduler knows no keys. https://learn.microsoft.com/azure/durable-task/scheduler/quickstart-durable-task-scheduler
 */
export const schedulerProvider = {
  type: "azureManaged",
  connectionStringName: "DURABLE_TASK_SCHEDULER_CONNECTION_STRING",
};

/**
 * The names are those of durabletask-mssql (docs/quickstart.md and docs/multitenancy.md there; its extension is in the bundle:
 * azure-functions-extension-bundles, extensions.json). The database must exist. Its user's name is that of the task hub, and the
 * provider wants none in host.json.
 */
export const sqlProvider = { type: "mssql", connectionStringName: "SQLDB_Connection" };

const providers = { scheduler: schedulerProvider, mssql: sqlProvider };

interface HostJson {
  extensions: { durableTask: { hubName?: string } };
}

/** Returns host.json for a backend. The file in the repository is for `storage`; everything else in it stays. */
export function hostJsonFor(backend: DurableBackend, text: string): string {
  if (backend === "storage") return text;
  const host = JSON.parse(text) as HostJson;
  const { hubName, ...rest } = host.extensions.durableTask;
  const durableTask = { ...(backend !== "mssql" && { hubName }), ...rest, storageProvider: providers[backend] };
  const changed = { ...host, extensions: { ...host.extensions, durableTask } };
  return `${JSON.stringify(changed, undefined, 2)}\n`;
}
