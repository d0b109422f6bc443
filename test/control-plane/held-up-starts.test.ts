import { CoreV1Api } from "@kubernetes/client-node";
import { describeHeldUpStarts } from "../held-up-starts.ts";
import { describeOnControlPlane } from "./available.ts";
import { namespace, prepare, prepareMilliseconds } from "./prepared.ts";

const deploymentName = "xlscsde.nhs.uk/deployment-name";

describeOnControlPlane("on a real control plane", () => {
  describeHeldUpStarts(
    "a start that is held up",
    async () => {
      const lost = new Set<string>();
      const prepared = await prepare(({ metadata }) =>
        lost.has(metadata?.labels?.[deploymentName] ?? "") ? "lost" : "ready",
      );
      const { plane, token } = prepared;
      const core = plane.admin.makeApiClient(CoreV1Api);
      return {
        admin: plane.admin,
        product: plane.as(token),
        async loseNode(deployment, isLost) {
          if (isLost) lost.add(deployment);
          else {
            lost.delete(deployment);
            // As the kubelet does when it is back.
            const { items } = await core.listNamespacedPod({
              namespace,
              labelSelector: `${deploymentName}=${deployment}`,
            });
            for (const { metadata: { name = "", deletionTimestamp } = {} } of items)
              if (deletionTimestamp) await core.deleteNamespacedPod({ namespace, name, gracePeriodSeconds: 0 });
          }
        },
        close: () => prepared.close(),
      };
    },
    prepareMilliseconds,
  );
});
