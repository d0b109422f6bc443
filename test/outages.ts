import { KubeConfig } from "@kubernetes/client-node";
import pg from "pg";
import { startLink } from "./faults/links.ts";

/** An outside system that can be away: connections are cut, and new ones are refused. */
export interface Outage {
  begin(): Promise<void>;
  end(): Promise<void>;
}

/** A way to a cluster that can be interrupted. */
export async function interruptible(
  kubeconfig: KubeConfig,
): Promise<Outage & { kubeconfig: KubeConfig; close(): Promise<void> }> {
  const server = kubeconfig.getCurrentCluster()?.server ?? "";
  const link = await startLink(server);
  const own = new KubeConfig();
  own.loadFromString(kubeconfig.exportConfig().replaceAll(server, link.url));
  return {
    kubeconfig: own,
    begin() {
      link.cut();
      return Promise.resolve();
    },
    end() {
      link.mend();
      return Promise.resolve();
    },
    close: () => link.close(),
  };
}

/** PostgreSQL lets only members of a role end its sessions. */
async function mayEndSessions(owner: pg.Client): Promise<void> {
  await owner.query("GRANT guacamole_workspaces TO CURRENT_USER");
}

/** Ends the product's connections to the database, as an outage does. */
export async function endProductSessions(owner: pg.Client): Promise<void> {
  await mayEndSessions(owner);
  await owner.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'guacamole-workspaces'",
  );
}

/** A database that accepts no connections; those that there are end, except the one that is given. */
export async function databaseOutage(own: pg.Client): Promise<Outage & { close(): Promise<void> }> {
  const { host, port, user, password, database = "" } = own;
  // A database cannot be closed from inside.
  const outside = new pg.Client({ host, port, user, password, database: "postgres" });
  await outside.connect();
  await mayEndSessions(own);
  const [found] = (await own.query<{ pid: number }>("SELECT pg_backend_pid() AS pid")).rows;
  const allow = (allowed: boolean) =>
    outside.query(`ALTER DATABASE ${outside.escapeIdentifier(database)} WITH ALLOW_CONNECTIONS ${allowed}`);
  return {
    async begin() {
      await allow(false);
      const others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> $2";
      await outside.query(others, [database, found?.pid]);
    },
    async end() {
      await allow(true);
    },
    close: () => outside.end(),
  };
}
