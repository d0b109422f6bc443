import type { V1Pod } from "@kubernetes/client-node";
import { describeDrift, driftSettings } from "../drift.ts";
import { startTestEstate } from "../estate.ts";
import { describeOnControlPlane } from "./available.ts";
import { prepare } from "./prepared.ts";

const waiting = { reason: "ImagePullBackOff", message: "Back-off pulling image" };
const brokenPod: V1Pod["status"] = {
  phase: "Pending",
  conditions: [{ type: "PodScheduled", status: "True" }],
  containerStatuses: [{ name: "desktop", image: "x", imageID: "", ready: false, restartCount: 0, state: { waiting } }],
};

/**
 * The same tests on a real API server with real controllers, whose field ownership and garbage collection the stand-in
 * imitates.
 */
describeOnControlPlane("on a real control plane", () => {
  describeDrift("drift", async () => {
    const broken = new Set<string>();
    const prepared = await prepare(({ metadata }) =>
      broken.has(metadata?.labels?.["xlscsde.nhs.uk/deployment-name"] ?? "") ? brokenPod : "ready",
    );
    const { plane, token } = prepared;
    const estate = await startTestEstate({ admin: plane.admin, product: plane.as(token) }, driftSettings);
    return {
      ...estate,
      breakImage: (deployment) => void broken.add(deployment),
      async close() {
        await estate.close();
        await prepared.close();
      },
    };
  });
});
