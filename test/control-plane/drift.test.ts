import type { V1Pod } from "@kubernetes/client-node";
import { describe, it } from "vitest";
import { describeDrift, driftSettings } from "../drift.ts";
import { startTestEstate } from "../estate.ts";
import { prepare } from "./prepared.ts";
import { usableControlPlane } from "./usable.ts";

/** The same on a real API server with real controllers, whose field ownership and garbage collection the stand-in imitates. */
const found = await usableControlPlane();
const waiting = { reason: "ImagePullBackOff", message: "Back-off pulling image" };
const brokenPod: V1Pod["status"] = {
  phase: "Pending",
  conditions: [{ type: "PodScheduled", status: "True" }],
  containerStatuses: [{ name: "desktop", image: "x", imageID: "", ready: false, restartCount: 0, state: { waiting } }],
};
if ("plane" in found)
  describeDrift("drift, on a real control plane", async () => {
    const broken = new Set<string>();
    const prepared = await prepare(found.plane, ({ metadata }) =>
      broken.has(metadata?.labels?.["xlscsde.nhs.uk/deployment-name"] ?? "") ? brokenPod : "ready",
    );
    const real = { admin: found.plane.admin, product: found.plane.as(prepared.token) };
    const estate = await startTestEstate(real, driftSettings);
    return {
      ...estate,
      breakImage: (deployment) => void broken.add(deployment),
      async close() {
        await estate.close();
        await prepared.close();
      },
    };
  });
else
  describe("drift, on a real control plane", () => {
    it.skip(`is not tested: ${found.missing}`);
  });
