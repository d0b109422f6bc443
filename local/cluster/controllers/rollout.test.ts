import { describe, expect, it } from "vitest";
import type { Deployment, ReplicaSet } from "../objects.ts";
import { rollingStep, rolloutLimits } from "./rollout.ts";

const metadata = { uid: "u", resourceVersion: "1", creationTimestamp: "2026-01-01T00:00:00Z" };
const deploymentOf = (
  replicas: number,
  maxSurge: number | string = "25%",
  maxUnavailable: number | string = "25%",
): Deployment => ({
  ...{ apiVersion: "apps/v1", kind: "Deployment", metadata: { ...metadata, name: "d" } },
  spec: {
    ...{ replicas, selector: {}, template: {} },
    strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge, maxUnavailable } },
  },
});
const setOf = (name: string, replicas: number, availableReplicas: number): ReplicaSet => ({
  ...{ apiVersion: "apps/v1", kind: "ReplicaSet", metadata: { ...metadata, name } },
  spec: { replicas, selector: {} },
  status: { replicas, availableReplicas },
});

describe("a rolling step", () => {
  it.each<[string, Deployment, ReplicaSet, ReplicaSet[], Record<string, number>]>([
    ["starts all pods when there are no old ones", deploymentOf(2), setOf("new", 0, 0), [], { new: 2 }],
    ["scales down at once", deploymentOf(1), setOf("new", 3, 3), [], { new: 1 }],
    [
      "of one pod starts the new one first",
      deploymentOf(1),
      setOf("new", 0, 0),
      [setOf("old", 1, 1)],
      { new: 1, old: 1 },
    ],
    [
      "of one pod keeps the old one until the new one is available",
      deploymentOf(1),
      setOf("new", 1, 0),
      [setOf("old", 1, 1)],
      { old: 1 },
    ],
    [
      "of one pod removes the old one once the new one is available",
      deploymentOf(1),
      setOf("new", 1, 1),
      [setOf("old", 1, 1)],
      { old: 0 },
    ],
    [
      "removes unavailable old pods at once",
      deploymentOf(1),
      setOf("new", 0, 0),
      [setOf("old", 1, 0)],
      { new: 1, old: 1 },
    ],
    [
      "of four pods removes one and adds one",
      deploymentOf(4),
      setOf("new", 0, 0),
      [setOf("old", 4, 4)],
      { new: 1, old: 3 },
    ],
    [
      "without surge removes a pod before it adds one",
      deploymentOf(2, 0, 1),
      setOf("new", 0, 0),
      [setOf("old", 2, 2)],
      { new: 0, old: 1 },
    ],
    ["to no pods at all empties the old sets", deploymentOf(0), setOf("new", 0, 0), [setOf("old", 1, 1)], { old: 0 }],
  ])("%s", (_rule, deployment, current, old, expected) => {
    expect(Object.fromEntries(rollingStep(deployment, current, old))).toEqual(expected);
  });

  it("can always proceed: surge and unavailability are never both 0", () => {
    expect(rolloutLimits(deploymentOf(1, 0, 0))).toEqual({ maxSurge: 0, maxUnavailable: 1 });
    expect(rolloutLimits(deploymentOf(4))).toEqual({ maxSurge: 1, maxUnavailable: 1 });
    expect(rolloutLimits(deploymentOf(1))).toEqual({ maxSurge: 1, maxUnavailable: 0 });
  });
});
