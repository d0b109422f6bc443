import { KubeConfig } from "@kubernetes/client-node";
import { startLocalCluster } from "./cluster.ts";
import { describeRecordedAnswers } from "./contract/recorded-answers.ts";
import { customResources } from "./testing.ts";

describeRecordedAnswers("the stand-in", async () => {
  const cluster = await startLocalCluster({ store: ":memory:", customResources, token: "recorded" });
  const config = new KubeConfig();
  config.loadFromString(cluster.kubeconfig);
  return { config, close: () => cluster.close() };
});
