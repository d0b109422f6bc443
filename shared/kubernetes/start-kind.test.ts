import { expect, it } from "vitest";
import { startKindOf } from "./wait-ready.ts";

const at = (second: number) => new Date(Date.UTC(2026, 5, 15, 9, 0, second));
const pod = (scheduled: "True" | "False", second: number) => ({
  metadata: { creationTimestamp: at(0) },
  status: { conditions: [{ type: "PodScheduled", status: scheduled, lastTransitionTime: at(second) }] },
});
// pkg/kubelet/images/image_manager.go; releases differ in what follows "machine".
const there = {
  reason: "Pulled",
  message: 'Container image "x" already present on machine and can be accessed by the pod',
};
const pulled = { reason: "Pulled", message: 'Successfully pulled image "x" in 12.1s (12.1s including waiting)' };

it.each([
  ["an image that was there", pod("True", 1), [there], "on-node"],
  ["an image that was pulled", pod("True", 1), [pulled], "pulled"],
  ["a node that came first, whatever it pulled", pod("True", 15), [pulled], "new-node"],
  ["a pod that waits for a node", pod("False", 0), [], "new-node"],
  ["an image that is being pulled", pod("True", 1), [{ reason: "Pulling", message: "Pulling image" }], undefined],
  ["a pod that nobody has seen yet", { metadata: {}, status: {} }, [], undefined],
] as const)("%s", (_, of, events, kind) => {
  expect(startKindOf(of, events, at(40))).toBe(kind);
});
