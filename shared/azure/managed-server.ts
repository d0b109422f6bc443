import type { PostgreSQLManagementFlexibleServerClient } from "@azure/arm-postgresql-flexible";
import type { Sighting } from "../desktop/activities.ts";
import { ProductError, refuse } from "../errors.ts";
import { azureIdentity } from "./credential.ts";

/** The Azure flexible server that holds Guacamole's database: development estates stop it over night. */
export interface ManagedServer {
  /** Checks the server's state and starts it if it is stopped. Never waits for it. */
  ensureRunning(): Promise<Sighting>;
}

/** How soon to check again: a stopped server takes minutes. */
const againInSeconds = 10;

/** Used if no managed server is configured. */
export const unmanagedServer: ManagedServer = {
  ensureRunning: () =>
    Promise.resolve({ seen: "ready", message: "the database server is not managed by this product" }),
};

/** @param connect gives the client for a subscription; the default signs in as the app's managed identity */
export function managedServer(
  resourceId: string,
  connect: (subscription: string) => Promise<PostgreSQLManagementFlexibleServerClient> = connectAzure,
): ManagedServer {
  const [, subscription = "", group = "", name = ""] =
    /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/[^/]+\/flexibleServers\/([^/]+)$/i.exec(
      resourceId,
    ) ?? [];
  let client: Promise<PostgreSQLManagementFlexibleServerClient> | undefined;

  return {
    async ensureRunning() {
      try {
        const { servers } = await (client ??= connect(subscription));
        const { state } = await servers.get(group, name);
        switch (state) {
          case "Ready":
          case "Updating":
            return { seen: "ready", message: `the database server ${name} is ${state}` };
          case "Stopped":
            await servers.beginStart(group, name);
            return {
              seen: "waiting",
              message: `the database server ${name} was stopped and is being started`,
              againInSeconds,
            };
          case "Disabled":
          case "Dropping":
          case "Inaccessible":
            return refuse("database-not-running", `the database server ${name} is ${state}; start it in Azure`);
          default:
            return {
              seen: "waiting",
              message: `the database server ${name} is ${state ?? "in an unknown state"}`,
              againInSeconds,
            };
        }
      } catch (error) {
        client = undefined; // a failed sign-in must not be remembered
        if (isOutage(error))
          return { seen: "waiting", message: `Azure does not say how the database server ${name} is`, againInSeconds };
        throw new ProductError(
          "database-not-running",
          `check database server ${name}: Azure does not allow it (see the log; check the app's identity and its role)`,
          { cause: (error as Error).message },
        );
      }
    },
  };
}

/**
 * True of a call that had no answer, or that Azure is too busy for, after the client's own retries. The client's errors
 * have a status if there was an answer (@azure/core-rest-pipeline 1.24, RestError). The wait has its own limit.
 */
function isOutage(error: unknown): boolean {
  if (!(error instanceof Error) || error.name !== "RestError") return false;
  const status = "statusCode" in error && typeof error.statusCode === "number" ? error.statusCode : 503;
  return status >= 500 || status === 429 || status === 408;
}

/** Loaded only if it is used: the SDK takes a second to import. */
async function connectAzure(subscription: string): Promise<PostgreSQLManagementFlexibleServerClient> {
  const { PostgreSQLManagementFlexibleServerClient: Client } = await import("@azure/arm-postgresql-flexible");
  return new Client(azureIdentity, subscription);
}
