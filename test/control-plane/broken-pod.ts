import type { V1Pod } from "@kubernetes/client-node";

const waiting = { reason: "ImagePullBackOff", message: "Back-off pulling image" };
/** The status of a pod whose image cannot be pulled. */
export const brokenPod: V1Pod["status"] = {
  phase: "Pending",
  conditions: [{ type: "PodScheduled", status: "True" }],
  containerStatuses: [{ name: "desktop", image: "x", imageID: "", ready: false, restartCount: 0, state: { waiting } }],
};
