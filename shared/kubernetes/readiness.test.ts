import type {
  CoreV1Event,
  V1ContainerStatus,
  V1Deployment,
  V1Endpoint,
  V1EndpointSlice,
  V1Pod,
} from "@kubernetes/client-node";
import { expect, it } from "vitest";
import { judgeStart, type StartFacts } from "./readiness.ts";

const now = new Date("2026-06-15T12:00:00Z");
const rules = { unschedulableGraceSeconds: 120 };
const secondsAgo = (seconds: number) => new Date(now.getTime() - seconds * 1_000);

const deployment: V1Deployment = { metadata: { name: "d" }, status: { readyReplicas: 1 } };
/** An EndpointSlice whose endpoints are these pods, in this condition. */
function sliceOf(conditions: V1Endpoint["conditions"], ...pods: string[]): V1EndpointSlice {
  const endpoints = pods.map((name) => ({
    addresses: ["10.0.0.1"],
    ...(conditions && { conditions }),
    targetRef: { kind: "Pod", name },
  }));
  return { addressType: "IPv4", endpoints, ports: [{ name: "desktop", protocol: "TCP", port: 5900 }] };
}
const isReady = { ready: true, serving: true, terminating: false };
/** As a real server (1.37.2) sends a slice of a Service without pods. */
const emptySlice = { addressType: "IPv4", endpoints: null, ports: null } as unknown as V1EndpointSlice;
const readyPod: V1Pod = {
  metadata: { name: "p" },
  status: { conditions: [{ type: "Ready", status: "True" }] },
};
const ready: StartFacts = { deployment, pods: [readyPod], slices: [sliceOf(isReady, "p")], events: [] };

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
  return { deployment, pods: [pod], slices: [], events: [] };
}

function unschedulable(since: Date): StartFacts {
  const condition = {
    type: "PodScheduled",
    status: "False",
    reason: "Unschedulable",
    message: "0/3 nodes are available: 3 Insufficient memory.",
    lastTransitionTime: since,
  };
  return {
    deployment,
    pods: [{ metadata: { name: "p" }, status: { conditions: [condition] } }],
    slices: [],
    events: [],
  };
}

function event(reason: string, message: string, secondsOld: number, type = "Normal", version = "1"): CoreV1Event {
  return {
    metadata: { resourceVersion: version },
    involvedObject: {},
    type,
    reason,
    message,
    lastTimestamp: secondsAgo(secondsOld),
  };
}
const pulling = event("Pulling", 'Pulling image "example.org/desktop:1"', 5);
const unhealthy = event("Unhealthy", "Readiness probe failed: connection refused", 1, "Warning");

/** A pod of several containers, the first of which is an init container. */
function podOf(init: Partial<V1ContainerStatus>, ...main: Partial<V1ContainerStatus>[]): StartFacts {
  const plain = { image: "", imageID: "", ready: false, restartCount: 0 };
  const containerStatuses = main.map((each, index) => ({ ...plain, name: `main-${index}`, ...each }));
  const status = { initContainerStatuses: [{ ...plain, name: "setup", ...init }], containerStatuses };
  return { ...ready, pods: [{ metadata: { name: "p" }, status }] };
}

/** The same, its init container one that stays. */
function withSidecar(facts: StartFacts): StartFacts {
  const spec = { containers: [], initContainers: [{ name: "setup", restartPolicy: "Always" }] };
  return { ...facts, pods: facts.pods.map(({ status = {} }) => ({ metadata: { name: "p" }, spec, status })) };
}

/** A Deployment that gave up after its pod was made. */
function overdue(pod: StartFacts): StartFacts {
  const given = { type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded" };
  const conditions = [{ ...given, lastUpdateTime: secondsAgo(60) }];
  const pods = pod.pods.map((each) => ({ ...each, metadata: { name: "p", creationTimestamp: secondsAgo(90) } }));
  return { ...pod, pods, deployment: { ...deployment, status: { conditions } } };
}

/** What pods, and the template of a Deployment, carry of the request that they were started for. */
const startedFor = (request: string) => ({ annotations: { "xlscsde.nhs.uk/request": request } });

const crashed = { lastState: { terminated: { exitCode: 137, reason: "OOMKilled" } } };
const gone: V1Pod = { ...readyPod, metadata: { name: "p", deletionTimestamp: now } };

it.each<[string, StartFacts, string]>([
  ["a ready pod behind the Service", ready, "ready: pod p is ready behind the Service"],
  [
    "a ready pod that the Service does not name",
    { ...ready, slices: [] },
    "waiting: the pod is ready, but the Service does not list it yet",
  ],
  ...(
    [
      ["whose Service has no pod at all", [emptySlice]],
      ["in whose place the Service names another", [sliceOf(isReady, "q")]],
      ["that the Service does not hold ready yet", [sliceOf({ ready: false, serving: true, terminating: false }, "p")]],
    ] as const
  ).map(([words, slices]): [string, StartFacts, string] => [
    `a ready pod ${words}`,
    { ...ready, slices },
    "waiting: the pod is ready, but the Service does not list it yet",
  ]),
  ...(
    [
      ["in the second of the Service's slices", [sliceOf(isReady, "q"), sliceOf(isReady, "p")]],
      ["beside an empty slice", [emptySlice, sliceOf(isReady, "q", "p")]],
      ["that the Service says nothing more of", [sliceOf(undefined, "p")]],
    ] as const
  ).map(([words, slices]): [string, StartFacts, string] => [
    `a ready pod ${words}`,
    { ...ready, slices },
    "ready: pod p is ready behind the Service",
  ]),
  ["a ready pod that is being deleted", { ...ready, pods: [gone] }, "waiting: the cluster is creating the pod"],
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
    "waiting: the cluster is creating the pod",
  ],
  [
    "a change that the controllers have not seen",
    { ...ready, deployment: { metadata: { generation: 3 }, status: { observedGeneration: 2 } } },
    "waiting: the cluster has not processed the Deployment yet",
  ],
  [
    "a ready pod that the Deployment does not count yet",
    { ...ready, deployment: { metadata: { name: "d" } } },
    "waiting: the pod is ready, but the Deployment does not count it yet",
  ],
  ["no pod yet", { ...ready, pods: [] }, "waiting: the cluster is creating the pod"],
  [
    "no Deployment",
    { ...ready, deployment: null },
    "cannot-start: the Deployment is gone; somebody removed it while it was starting",
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
    "waiting: ImagePullBackOff: Back-off pulling image",
  ],
  [
    "a wrong container",
    waiting({ waiting: { reason: "CreateContainerConfigError", message: "container has runAsNonRoot" } }),
    "cannot-start: CreateContainerConfigError: container has runAsNonRoot",
  ],
  [
    "a first crash",
    waiting({ waiting: { reason: "CrashLoopBackOff" } }, { ...crashed, restartCount: 1 }),
    "waiting: the container crashed with exit code 137 (OOMKilled)",
  ],
  [
    "a crash loop",
    waiting({ waiting: { reason: "CrashLoopBackOff" } }, { ...crashed, restartCount: 2 }),
    "cannot-start: the container crashed 3 times, last with exit code 137 (OOMKilled)",
  ],
  [
    "a crash loop that left a last word",
    waiting(
      { waiting: { reason: "CrashLoopBackOff" } },
      { lastState: { terminated: { exitCode: 1, reason: "Error", message: "no display" } }, restartCount: 4 },
    ),
    "cannot-start (image): the container crashed 5 times, last with exit code 1 (Error): no display",
  ],
  [
    "a command that is not there",
    waiting(
      { waiting: { reason: "CrashLoopBackOff" } },
      {
        lastState: { terminated: { exitCode: 128, reason: "StartError", message: "exec: not found" } },
        restartCount: 2,
      },
    ),
    "cannot-start (image): the container crashed 3 times, last with exit code 128 (StartError): exec: not found",
  ],
  [
    "a container that has just ended",
    waiting({ terminated: { exitCode: 1, reason: "Error" } }),
    "waiting: the container crashed with exit code 1 (Error)",
  ],
  [
    "a crash that is behind a container that runs",
    waiting({ running: {} }, { ...crashed, restartCount: 1 }),
    "waiting: the container is running but not ready yet",
  ],
  [
    "a runtime's hiccup",
    waiting({ waiting: { reason: "CreateContainerError", message: "context deadline exceeded" } }),
    "waiting: CreateContainerError: context deadline exceeded",
  ],
  [
    "an init container that crashes",
    podOf(
      {
        state: { waiting: { reason: "CrashLoopBackOff" } },
        lastState: { terminated: { exitCode: 2 } },
        restartCount: 2,
      },
      { state: { waiting: { reason: "PodInitializing" } } },
    ),
    "cannot-start: the container setup crashed 3 times, last with exit code 2",
  ],
  [
    "a second container that crashes",
    podOf(
      { state: { terminated: { exitCode: 0 } } },
      { ready: true, state: { running: {} } },
      {
        state: { waiting: { reason: "CrashLoopBackOff" } },
        lastState: { terminated: { exitCode: 3 } },
        restartCount: 2,
      },
    ),
    "cannot-start: the container main-1 crashed 3 times, last with exit code 3",
  ],
  [
    "an init container that still runs",
    podOf({ state: { running: {} } }, { state: { waiting: { reason: "PodInitializing" } } }),
    "waiting: the container is running but not ready yet",
  ],
  [
    "an admission controller's refusal",
    {
      ...ready,
      pods: [],
      deployment: {
        status: {
          conditions: [
            {
              type: "ReplicaFailure",
              status: "True",
              message: 'admission webhook "policy.example.org" denied the request: no',
            },
          ],
        },
      },
    },
    'cannot-start: admission webhook "policy.example.org" denied the request: no',
  ],
  [
    "an evicted pod",
    {
      ...ready,
      pods: [{ metadata: { name: "p" }, status: { phase: "Failed", reason: "Evicted", message: "low on memory" } }],
    },
    "waiting: the pod failed, another one is being created: Evicted: low on memory",
  ],
  [
    // kubernetes v1.36.0, pkg/kubelet/eviction/helpers.go (podEphemeralStorageMessageFmt)
    "a pod that used more disk than it may",
    {
      ...ready,
      pods: [
        {
          metadata: { name: "p" },
          status: {
            phase: "Failed",
            reason: "Evicted",
            message: "Pod ephemeral local storage usage exceeds the total limit of containers 4Gi. ",
          },
        },
      ],
    },
    "waiting: the pod failed, another one is being created: Evicted: Pod ephemeral local storage usage exceeds the total limit of containers 4Gi. ",
  ],
  [
    "an evicted pod, whose successor a quota refuses",
    {
      ...ready,
      pods: [{ metadata: { name: "p" }, status: { phase: "Failed" } }],
      deployment: {
        status: { conditions: [{ type: "ReplicaFailure", status: "True", message: "exceeded quota: small" }] },
      },
    },
    "cannot-start: exceeded quota: small",
  ],
  ...[
    'Operation cannot be fulfilled on resourcequotas "small": the object has been modified',
    'Internal error occurred: failed calling webhook "policy.example.org"',
  ].map((message): [string, StartFacts, string] => [
    "a pod that cannot be made just now",
    {
      ...ready,
      pods: [],
      deployment: { status: { conditions: [{ type: "ReplicaFailure", status: "True", message }] } },
    },
    `waiting: ${message}`,
  ]),
  [
    "a sidecar that is not ready beside a container that crashes",
    withSidecar(
      podOf(
        { state: { running: {} } },
        {
          state: { waiting: { reason: "CrashLoopBackOff" } },
          lastState: { terminated: { exitCode: 3 } },
          restartCount: 2,
        },
      ),
    ),
    "cannot-start: the container main-0 crashed 3 times, last with exit code 3",
  ],
  [
    "one of several images that cannot be pulled",
    podOf(
      { state: { terminated: { exitCode: 0 } } },
      { state: { waiting: { reason: "ErrImagePull", message: "manifest unknown" } } },
    ),
    "cannot-start: the container main-0: ErrImagePull: manifest unknown",
  ],
  [
    "a ready pod beside an evicted one",
    { ...ready, pods: [{ metadata: { name: "q" }, status: { phase: "Failed" } }, readyPod] },
    "ready: pod p is ready behind the Service",
  ],
  [
    "a Deployment that gave up: its deadline goes on while the API server is away, and the wait's does not",
    overdue(waiting({ running: {} })),
    "waiting: the container is running but not ready yet",
  ],
  [
    "an image that is being pulled, in the cluster's words",
    { ...waiting({ waiting: { reason: "ContainerCreating" } }), events: [event("Scheduled", "to node-1", 9), pulling] },
    'waiting: Pulling: Pulling image "example.org/desktop:1"',
  ],
  [
    "two events of one second",
    {
      ...waiting({ waiting: { reason: "ContainerCreating" } }),
      events: [event("Pulled", "Pulled it", 3, "Normal", "10"), event("Pulling", "Pulling it", 3, "Normal", "9")],
    },
    "waiting: Pulled: Pulled it",
  ],
  [
    "a pod without a node, in the scheduler's words",
    {
      ...ready,
      pods: [{ metadata: { name: "p" }, status: {} }],
      events: [event("WaitForFirstConsumer", "waiting for a volume", 1)],
    },
    "waiting: WaitForFirstConsumer: waiting for a volume",
  ],
  [
    "a failed pull, whose state says more than an event",
    { ...waiting({ waiting: { reason: "ErrImagePull", message: "not found" } }), events: [pulling] },
    "waiting: ErrImagePull: not found",
  ],
  [
    "a running container that a probe warns of",
    { ...waiting({ running: {} }), events: [pulling, unhealthy] },
    "waiting: the container is running but not ready yet: Unhealthy: Readiness probe failed: connection refused",
  ],
  [
    "a running container that nothing warns of",
    { ...waiting({ running: {} }), events: [pulling] },
    "waiting: the container is running but not ready yet",
  ],
  ["a ready pod, whatever events say", { ...ready, events: [unhealthy] }, "ready: pod p is ready behind the Service"],
  ["a running container", waiting({ running: {} }), "waiting: the container is running but not ready yet"],
  [
    "no node within the grace",
    unschedulable(secondsAgo(119)),
    "waiting: 0/3 nodes are available: 3 Insufficient memory.",
  ],
  [
    "no node after the grace",
    unschedulable(secondsAgo(120)),
    "cannot-start: no node accepted the pod for 120 s: 0/3 nodes are available: 3 Insufficient memory.",
  ],
])("%s", (_words, facts, expected) => {
  const sighting = judgeStart(facts, rules, now);
  expect(
    "refused" in sighting
      ? `${sighting.refused}${sighting.blamesImage ? " (image)" : ""}: ${sighting.reason}`
      : `${sighting.seen}: ${sighting.message}`,
  ).toBe(expected);
});

it("gives a cluster that was away the whole grace again to find a node", () => {
  const seen = (answered: number) => {
    const grace = { ...rules, answersSince: secondsAgo(answered).toISOString() };
    return judgeStart(unschedulable(secondsAgo(600)), grace, now);
  };
  expect(seen(119)).toMatchObject({ seen: "waiting" });
  expect(seen(120)).toMatchObject({ refused: "cannot-start" });
});
