import { KubeConfig } from "@kubernetes/client-node";
import { startLocalCluster } from "./cluster.ts";
import { describeClusterContract } from "./contract.ts";
import { customResources } from "./testing.ts";

describeClusterContract("local cluster", async () => {
  const delays = { scheduledAfterMs: 1, runningAfterMs: 2, readyAfterMs: 3, goneAfterMs: 1 };
  const cluster = await startLocalCluster({ store: ":memory:", customResources, token: "contract", podDelays: delays });
  const config = new KubeConfig();
  config.loadFromString(cluster.kubeconfig);
  return { config, close: () => cluster.close() };
});
