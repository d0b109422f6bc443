import type { V1ContainerStatus, V1Deployment, V1Endpoints, V1Pod } from "@kubernetes/client-node";
import { expect, it } from "vitest";
import { judgeStart, type StartFacts } from "./readiness.ts";

const now = new Date("2026-06-15T12:00:00Z");
const rules = { unschedulableGraceSeconds: 120 };
const secondsAgo = (seconds: number) => new Date(now.getTime() - seconds * 1_000);

const deployment: V1Deployment = { metadata: { name: "d" } };
const endpoints: V1Endpoints = { subsets: [{ addresses: [{ ip: "10.0.0.1", targetRef: { name: "p" } }] }] };
const readyPod: V1Pod = {
  metadata: { name: "p" },
  status: { conditions: [{ type: "Ready", status: "True" }] },
};
const ready: StartFacts = { deployment, pods: [readyPod], endpoints };

function waiting(state: V1ContainerStatus["state"], more: Partial<V1ContainerStatus> = {}): StartFacts {
  const container: V1ContainerStatus = {
    name: "desktop",
    image: "",
    imageID: "",
    ready: false,
    restartCount: 0,
    ...more,
  };
  const pod: V1Pod = {
    metadata: { name: "p" },
    status: { containerStatuses: [{ ...container, ...(state && { state }) }] },
  };
  return { deployment, pods: [pod], endpoints: null };
}

function unschedulable(since: Date): StartFacts {
  const condition = {
    type: "PodScheduled",
    status: "False",
    reason: "Unschedulable",
    message: "0/3 nodes are available: 3 Insufficient memory.",
    lastTransitionTime: since,
  };
  return { deployment, pods: [{ metadata: { name: "p" }, status: { conditions: [condition] } }], endpoints: null };
}

/** What pods, and the template of a Deployment, carry of the request that they were started for. */
const startedFor = (request: string) => ({ annotations: { "xlscsde.nhs.uk/request": request } });

const crashed = { lastState: { terminated: { exitCode: 137, reason: "OOMKilled" } } };
const gone: V1Pod = { ...readyPod, metadata: { name: "p", deletionTimestamp: now } };

it.each<[string, StartFacts, string]>([
  ["a ready pod behind the Service", ready, "ready: pod p is ready behind the Service"],
  [
    "a ready pod that the Service does not name",
    { ...ready, endpoints: null },
    "waiting: the pod is ready, the Service does not name it yet",
  ],
  ["a ready pod that is being deleted", { ...ready, pods: [gone] }, "waiting: the cluster is making the pod"],
  [
    "a ready pod of an earlier start",
    {
      ...ready,
      deployment: {
        metadata: { name: "d" },
        spec: { selector: {}, template: { metadata: startedFor("r2"), spec: { containers: [] } } },
      },
      pods: [{ ...readyPod, metadata: { name: "p", ...startedFor("r1") } }],
    },
    "waiting: the cluster is making the pod",
  ],
  [
    "a change that the controllers have not seen",
    { ...ready, deployment: { metadata: { generation: 3 }, status: { observedGeneration: 2 } } },
    "waiting: the cluster has not looked at the Deployment yet",
  ],
  ["no pod yet", { ...ready, pods: [] }, "waiting: the cluster is making the pod"],
  [
    "no Deployment",
    { ...ready, deployment: null },
    "cannot-start: the Deployment is gone; somebody removed it while it started",
  ],
  [
    "a quota",
    {
      ...ready,
      pods: [],
      deployment: {
        status: { conditions: [{ type: "ReplicaFailure", status: "True", message: "exceeded quota: small" }] },
      },
    },
    "cannot-start: exceeded quota: small",
  ],
  [
    "an image that is being pulled",
    waiting({ waiting: { reason: "ContainerCreating" } }),
    "waiting: ContainerCreating",
  ],
  [
    "a pull that failed once",
    waiting({ waiting: { reason: "ErrImagePull", message: "not found" } }),
    "waiting: ErrImagePull: not found",
  ],
  [
    "a pull that failed again",
    waiting({ waiting: { reason: "ImagePullBackOff", message: "Back-off pulling image" } }),
    "cannot-start: ImagePullBackOff: Back-off pulling image",
  ],
  [
    "a wrong container",
    waiting({ waiting: { reason: "CreateContainerConfigError", message: "container has runAsNonRoot" } }),
    "cannot-start: CreateContainerConfigError: container has runAsNonRoot",
  ],
  [
    "a first crash",
    waiting({ waiting: { reason: "CrashLoopBackOff" } }, { ...crashed, restartCount: 1 }),
    "waiting: CrashLoopBackOff",
  ],
  [
    "a crash loop",
    waiting({ waiting: { reason: "CrashLoopBackOff" } }, { ...crashed, restartCount: 2 }),
    "cannot-start: the container crashed with exit code 137: OOMKilled",
  ],
  ["a running container", waiting({ running: {} }), "waiting: the container runs and is not ready yet"],
  [
    "no node within the grace",
    unschedulable(secondsAgo(119)),
    "waiting: 0/3 nodes are available: 3 Insufficient memory.",
  ],
  [
    "no node after the grace",
    unschedulable(secondsAgo(120)),
    "cannot-start: no node took the pod for 120 s: 0/3 nodes are available: 3 Insufficient memory.",
  ],
])("%s", (_words, facts, expected) => {
  const sighting = judgeStart(facts, rules, now);
  expect(
    "refused" in sighting ? `${sighting.refused}: ${sighting.reason}` : `${sighting.seen}: ${sighting.message}`,
  ).toBe(expected);
});
