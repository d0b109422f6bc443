import { CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { startLocalCluster } from "@stand-in/cluster";
import { customResources } from "../local/custom-resources.ts";
import { describeHeldUpStarts } from "./held-up-starts.ts";
import { sampleSite } from "./sample-plan.ts";

const { namespace } = sampleSite;

describeHeldUpStarts("on the stand-in, a start that is held up", async () => {
  const server = await startLocalCluster({
    customResources,
    store: ":memory:",
    podDelays: { scheduledAfterMs: 1, runningAfterMs: 2, readyAfterMs: 3, goneAfterMs: 1 },
  });
  const admin = new KubeConfig();
  admin.loadFromString(server.kubeconfig);
  await admin.makeApiClient(CoreV1Api).createNamespace({ body: { metadata: { name: namespace } } });
  return {
    admin,
    product: admin,
    loseNode: (deployment, lost) => {
      server.setFault({ namespace, deployment }, lost ? "node-lost" : null);
      return Promise.resolve();
    },
    close: () => server.close(),
  };
});
