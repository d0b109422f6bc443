import type { V1Pod } from "@kubernetes/client-node";

/** As containerd says it of an image that the registry does not know (kubernetes-sigs/provider-aws-test-infra #281). */
const message =
  'rpc error: code = NotFound desc = failed to pull and unpack image "x:1": failed to resolve reference "x:1": x:1: not found';
const waiting = { reason: "ErrImagePull", message };
/** The status of a pod whose image cannot be pulled. */
export const brokenPod: V1Pod["status"] = {
  phase: "Pending",
  conditions: [{ type: "PodScheduled", status: "True" }],
  containerStatuses: [{ name: "desktop", image: "x", imageID: "", ready: false, restartCount: 0, state: { waiting } }],
};
