import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { KubeConfig } from "@kubernetes/client-node";
import pg from "pg";

/** An outside system that can be away: connections are cut, and new ones are refused. */
export interface Outage {
  begin(): Promise<void>;
  end(): Promise<void>;
}

/** A way to a cluster that can be interrupted. */
export async function interruptible(
  kubeconfig: KubeConfig,
): Promise<Outage & { kubeconfig: KubeConfig; close(): void }> {
  const server = kubeconfig.getCurrentCluster()?.server ?? "";
  const { hostname, port } = new URL(server);
  const sockets = new Set<Socket>();
  let isAway = false;
  const proxy = createServer((incoming) => {
    if (isAway) return void incoming.destroy();
    const outgoing = connect(Number(port), hostname);
    for (const [one, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      sockets.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const own = new KubeConfig();
  own.loadFromString(
    kubeconfig.exportConfig().replaceAll(server, `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`),
  );
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    kubeconfig: own,
    begin() {
      isAway = true;
      cut();
      return Promise.resolve();
    },
    end() {
      isAway = false;
      return Promise.resolve();
    },
    close() {
      cut();
      proxy.close();
    },
  };
}

/** A database that accepts no connections; those that there are end, except the one that is given. */
export async function databaseOutage(own: pg.Client): Promise<Outage & { close(): Promise<void> }> {
  const { host, port, user, password, database = "" } = own;
  // A database cannot be closed from inside.
  const outside = new pg.Client({ host, port, user, password, database: "postgres" });
  await outside.connect();
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
