import type {
  CoreV1Event,
  V1ContainerState,
  V1Deployment,
  V1DeploymentCondition,
  V1Pod,
  V1PodTemplateSpec,
} from "@kubernetes/client-node";
import { expect, it } from "vitest";
import { missingFor } from "./asked-for.ts";
import { judgeStart, podsInTheWay, type StartFacts } from "./readiness.ts";

const now = new Date("2026-06-15T12:00:00Z");
const secondsAgo = (seconds: number) => new Date(now.getTime() - seconds * 1_000);
const startedFor = (request: string) => ({ annotations: { "xlscsde.nhs.uk/request": request } });
const image = "registry.example.org/firefox:1";

const template: V1PodTemplateSpec = { metadata: startedFor("r2"), spec: { containers: [] } };
/** The Deployment after the second start was applied, a minute ago. */
const deployment: V1Deployment = {
  metadata: {
    name: "d",
    managedFields: [{ manager: "guacamole-workspaces", operation: "Apply", time: secondsAgo(60) }],
  },
  spec: { selector: {}, template },
};
const facts: StartFacts = { deployment, pods: [], slices: [], events: [] };
const failing = (condition: Partial<V1DeploymentCondition>): V1Deployment => ({
  ...deployment,
  status: { conditions: [{ type: "ReplicaFailure", status: "True", ...condition }] },
});

const earlier = (more: object, status: V1Pod["status"] = {}): V1Pod => ({
  metadata: { name: "p1", ...startedFor("r1"), ...more },
  spec: { containers: [], nodeName: "node-7" },
  status,
});
const current = (state: V1ContainerState, status: object = {}): V1Pod => {
  const container = { name: "desktop", image, imageID: "", ready: false, restartCount: 0, state };
  return {
    metadata: { name: "p2", ...startedFor("r2") },
    spec: { containers: [{ name: "desktop", image }], nodeName: "node-7" },
    status: { containerStatuses: [container], ...status },
  };
};
const event = (reason: string, message: string, secondsOld = 1, fieldPath?: string): CoreV1Event => ({
  metadata: { resourceVersion: "1" },
  involvedObject: fieldPath === undefined ? {} : { fieldPath },
  ...{ type: "Warning", reason, message, lastTimestamp: secondsAgo(secondsOld) },
});

const backOff = current({ waiting: { reason: "ImagePullBackOff", message: `Back-off pulling image "${image}"` } });
const failedPull = (why: string, secondsOld?: number, fieldPath?: string) =>
  event("Failed", `Failed to pull image "${image}": ${why}`, secondsOld, fieldPath);
const noPullSecret = event(
  "FailedToRetrieveImagePullSecret",
  "Unable to retrieve some image pull secrets (regcred); attempting to pull the image may not succeed.",
);
const refusedPull = current({ waiting: { reason: "ErrImagePull", message: "unauthorized: authentication required" } });
const noSecret = current({ waiting: { reason: "CreateContainerConfigError", message: 'secret "desktop" not found' } });
const gate = {
  ...{ type: "Ready", status: "False", reason: "ReadinessGatesNotReady" },
  message: 'corresponding condition of pod readiness gate "target-health.example.org" does not exist.',
};

it.each<[string, StartFacts, string]>([
  [
    "an earlier pod that is being removed",
    { ...facts, pods: [earlier({ deletionTimestamp: secondsAgo(5) })] },
    "waiting: an earlier pod on node node-7 is still being removed",
  ],
  [
    "an earlier pod whose node does not confirm that it is gone",
    { ...facts, pods: [earlier({ deletionTimestamp: secondsAgo(31) })] },
    "waiting: an earlier pod on node node-7, which does not answer, is still being removed",
  ],
  [
    "an earlier pod of which the cluster says that its node is lost",
    { ...facts, pods: [earlier({ deletionTimestamp: secondsAgo(0) }, { reason: "NodeLost" })] },
    "waiting: an earlier pod on node node-7, which does not answer, is still being removed",
  ],
  [
    "an earlier pod with a finalizer",
    { ...facts, pods: [earlier({ deletionTimestamp: secondsAgo(99), finalizers: ["example.org/slow"] })] },
    "waiting: an earlier pod on node node-7 is still being removed; it is held by the finalizer example.org/slow, which its owner must remove",
  ],
  [
    "a rollout that somebody paused",
    {
      ...facts,
      deployment: { ...deployment, spec: { selector: {}, paused: true, template } },
    },
    "waiting: somebody paused the rollout of Deployment d (kubectl rollout resume deployment/d continues it)",
  ],
  [
    "a refusal that is left from an earlier start",
    { ...facts, deployment: failing({ message: "exceeded quota: small", lastUpdateTime: secondsAgo(61) }) },
    "waiting: exceeded quota: small",
  ],
  [
    "a refusal of this start",
    { ...facts, deployment: failing({ message: "exceeded quota: small", lastUpdateTime: secondsAgo(59) }) },
    "cannot-start: exceeded quota: small",
  ],
  [
    "a quota in which a pod that is being removed still counts",
    {
      ...facts,
      deployment: failing({ message: "exceeded quota: small", lastUpdateTime: secondsAgo(59) }),
      pods: [earlier({ deletionTimestamp: secondsAgo(1) })],
    },
    "waiting: exceeded quota: small",
  ],
  [
    "a pull that backs off, before kubelets said why, and the event says an outage",
    { ...facts, pods: [backOff], events: [failedPull("dial tcp 192.0.2.9:443: connect: connection refused")] },
    `waiting: ImagePullBackOff: Failed to pull image "${image}": dial tcp 192.0.2.9:443: connect: connection refused`,
  ],
  [
    "a pull that backs off, before kubelets said why, and the newest event says a refusal",
    {
      ...facts,
      pods: [backOff],
      events: [event("BackOff", "Back-off"), failedPull("manifest unknown", 2), failedPull("i/o timeout", 9)],
    },
    `cannot-start (image): ImagePullBackOff: Failed to pull image "${image}": manifest unknown`,
  ],
  [
    "a pull that backs off beside another container's refused one",
    { ...facts, pods: [backOff], events: [failedPull("manifest unknown", 1, "spec.containers{sidecar}")] },
    `waiting: ImagePullBackOff: Back-off pulling image "${image}"`,
  ],
  [
    "a pull that backs off, of which no event is left",
    { ...facts, pods: [backOff] },
    `waiting: ImagePullBackOff: Back-off pulling image "${image}"`,
  ],
  [
    "a pull that was refused without the pull Secret, which is there",
    { ...facts, pods: [refusedPull], events: [noPullSecret] },
    "waiting: ErrImagePull: unauthorized: authentication required",
  ],
  [
    "a pull that was refused without the pull Secret, which is not there",
    {
      ...facts,
      pods: [refusedPull],
      events: [noPullSecret],
      missing: [{ kind: "Secret", name: "regcred", forPull: true }],
    },
    "cannot-start: ErrImagePull: unauthorized: authentication required (Secret regcred does not exist)",
  ],
  [
    "a pull that goes on without a pull Secret",
    {
      ...facts,
      pods: [current({ waiting: { reason: "ContainerCreating" } })],
      events: [noPullSecret],
      missing: [{ kind: "Secret", name: "regcred", forPull: true }],
    },
    "waiting: FailedToRetrieveImagePullSecret: Unable to retrieve some image pull secrets (regcred); attempting to pull the image may not succeed.",
  ],
  [
    "a Secret that the kubelet does not see and the API has",
    { ...facts, pods: [noSecret], missing: [] },
    'waiting: CreateContainerConfigError: secret "desktop" not found',
  ],
  [
    "a Secret that nobody has",
    { ...facts, pods: [noSecret], missing: [{ kind: "Secret", name: "desktop" }] },
    'cannot-start: CreateContainerConfigError: secret "desktop" not found (Secret desktop does not exist)',
  ],
  [
    "a command that is not there, at the first try",
    {
      ...facts,
      pods: [
        current({
          terminated: {
            exitCode: 128,
            reason: "StartError",
            message: 'exec: "vnc": executable file not found in $PATH',
          },
        }),
      ],
    },
    'cannot-start (image): the container cannot be run: exit code 128 (StartError): exec: "vnc": executable file not found in $PATH',
  ],
  [
    "a pull that fails after a crash",
    {
      ...facts,
      pods: [
        current(
          {},
          {
            containerStatuses: [
              {
                ...{ name: "desktop", image, imageID: "", ready: false, restartCount: 3 },
                state: { waiting: { reason: "ErrImagePull", message: "i/o timeout" } },
                lastState: { terminated: { exitCode: 137 } },
              },
            ],
          },
        ),
      ],
    },
    "waiting: ErrImagePull: i/o timeout",
  ],
  [
    "a pod whose node does not answer",
    {
      ...facts,
      pods: [current({ waiting: { reason: "ContainerCreating" } })],
      events: [event("NodeNotReady", "Node is not ready")],
    },
    "waiting: node node-7, where the pod is, does not answer: NodeNotReady: Node is not ready",
  ],
  [
    "a readiness gate that an admission controller added",
    {
      ...facts,
      pods: [
        current(
          {},
          {
            conditions: [gate],
            containerStatuses: [
              { name: "desktop", image, imageID: "", ready: true, restartCount: 0, state: { running: {} } },
            ],
          },
        ),
      ],
    },
    `waiting: ReadinessGatesNotReady: ${gate.message}`,
  ],
  [
    "a scheduling gate that an admission controller added",
    {
      ...facts,
      pods: [
        current(
          {},
          {
            conditions: [
              {
                ...{ type: "PodScheduled", status: "False", reason: "SchedulingGated" },
                message: "Scheduling is blocked due to non-empty scheduling gates",
              },
            ],
          },
        ),
      ],
    },
    "waiting: Scheduling is blocked due to non-empty scheduling gates",
  ],
  // Of the kubelet's admission and of the node's shutdown (pkg/kubelet/lifecycle, nodeshutdown, eviction; 1.37).
  ...[
    "Evicted",
    "NodeAffinity",
    "OutOfcpu",
    "UnexpectedAdmissionError",
    "Terminated",
    "NodeShutdown",
    "Preempting",
  ].map((reason): [string, StartFacts, string] => [
    `a pod that ended with ${reason}`,
    { ...facts, pods: [current({ terminated: { exitCode: 137 } }, { phase: "Failed", reason, message: "words" })] },
    `waiting: the pod failed, another one is being created: ${reason}: words`,
  ]),
  [
    "a pod that has ended, of which the cluster still says that it is ready",
    {
      ...facts,
      pods: [current({ running: {} }, { phase: "Failed", conditions: [{ type: "Ready", status: "True" }] })],
    },
    "waiting: the pod failed, another one is being created: waiting",
  ],
  [
    "a ready pod that is not available yet, because somebody set minReadySeconds",
    {
      ...facts,
      deployment: {
        ...deployment,
        spec: { selector: {}, minReadySeconds: 600, template },
        status: { readyReplicas: 1 },
      },
      pods: [current({ running: {} }, { conditions: [{ type: "Ready", status: "True" }] })],
      slices: [
        { addressType: "IPv4", endpoints: [{ addresses: ["192.0.2.2"], targetRef: { kind: "Pod", name: "p2" } }] },
      ],
    },
    "ready: pod p2 is ready behind the Service",
  ],
  [
    "a refused pod of a Deployment whose message is missing",
    { ...facts, deployment: failing({}) },
    "waiting: the pod cannot be created",
  ],
])("%s", (_words, given, expected) => {
  const sighting = judgeStart(given, { unschedulableGraceSeconds: 120 }, now);
  expect(
    "refused" in sighting
      ? `${sighting.refused}${sighting.blamesImage ? " (image)" : ""}: ${sighting.reason}`
      : `${sighting.seen}: ${sighting.message}`,
  ).toBe(expected);
});

it("only pods of earlier starts that have ended are in the way", () => {
  const ended = earlier({ name: "evicted" }, { phase: "Failed", reason: "Evicted" });
  const done = earlier({ name: "done" }, { phase: "Succeeded" });
  const pods = [
    ...[ended, done, earlier({ name: "runs" }, { phase: "Running" }), earlier({ name: "lost" }, { phase: "Unknown" })],
    earlier({ name: "leaves", deletionTimestamp: now }, { phase: "Failed" }),
    current({ terminated: { exitCode: 1 } }, { phase: "Failed" }),
  ];
  expect(podsInTheWay({ ...facts, pods })).toEqual([ended, done]);
  expect(podsInTheWay({ deployment: null, pods })).toEqual([]);
});

it.each<[string, CoreV1Event[], object[]]>([
  ['secret "a" not found', [], [{ kind: "Secret", name: "a" }]],
  ['secrets "a" not found', [], [{ kind: "Secret", name: "a" }]],
  ['configmap "b" not found', [], [{ kind: "ConfigMap", name: "b" }]],
  ["couldn't find key password in Secret guacamole/a", [], [{ kind: "Secret", name: "a", key: "password" }]],
  ["couldn't find key URL in ConfigMap guacamole/b", [], [{ kind: "ConfigMap", name: "b", key: "URL" }]],
  ["failed to sync secret cache: timed out waiting for the condition", [], []],
  [
    "",
    [event("FailedMount", 'MountVolume.SetUp failed for volume "v" : configmap "b" not found')],
    [{ kind: "ConfigMap", name: "b" }],
  ],
  [
    "",
    [event("FailedToRetrieveImagePullSecret", "Unable to retrieve some image pull secrets (a, b); attempting")],
    [
      { kind: "Secret", name: "a", forPull: true },
      { kind: "Secret", name: "b", forPull: true },
    ],
  ],
])("a kubelet that says %j misses these", (message, events, missing) => {
  expect(missingFor(current({ waiting: { reason: "CreateContainerConfigError", message } }), events)).toEqual(missing);
});
