import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { type LocalCluster, type LocalClusterOptions, startLocalCluster } from "@stand-in/cluster";
import { startLocalDatabase } from "@stand-in/database";
import { customResources } from "../../local/custom-resources.ts";
import { productRole } from "../../local/product-role.ts";
import { type CountedCalls, startCounting } from "../counted-calls.ts";
import { type CountedExchanges, startCountingExchanges } from "../counted-exchanges.ts";

/** A cluster and a database in this process, which count what they are asked. */
export interface FreshSystems {
  cluster: LocalCluster;
  /** The way to the cluster that is not counted. */
  kubeconfig: KubeConfig;
  /** What the cluster is asked for. */
  counted: CountedCalls;
  /** The owner's address of Guacamole's database, which is not counted. */
  databaseUrl: string;
  /** The address for the product's role. */
  roleUrl: string;
  /** How often the database is waited for at that address. */
  exchanges: CountedExchanges;
  /** An empty folder that goes with them. */
  folder: string;
}

/** Starts them, uses them, and stops them. */
export async function onFreshSystems(
  podDelays: LocalClusterOptions["podDelays"],
  use: (systems: FreshSystems) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "bench-"));
  const cluster = await startLocalCluster({ customResources, store: ":memory:", ...(podDelays && { podDelays }) });
  const counted = await startCounting(cluster.url, true);
  const database = await startLocalDatabase({ directory: join(folder, "database") });
  const exchanges = await startCountingExchanges(await productRole(database.url, "a password of the bench"));
  const kubeconfig = new KubeConfig();
  kubeconfig.loadFromString(cluster.kubeconfig);
  try {
    const addresses = { databaseUrl: database.url, roleUrl: exchanges.url };
    await use({ cluster, kubeconfig, counted, exchanges, folder, ...addresses });
  } finally {
    await counted.close();
    await exchanges.close();
    await cluster.close();
    await database.close();
    await rm(folder, { recursive: true, force: true });
  }
}
