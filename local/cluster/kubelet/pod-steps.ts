import { timestamp, type Pod } from "../objects.ts";
import type { PodFault } from "./faults.ts";
import { withConditions, withContainers, type PodStatus } from "./pod-status.ts";

export interface PodDelays {
  scheduledAfterMs: number;
  runningAfterMs: number;
  readyAfterMs: number;
  goneAfterMs: number;
}

export interface PodEvent {
  type: "Normal" | "Warning";
  reason: string;
  message: string;
  component: "kubelet" | "default-scheduler";
}

/** What happens to a pod next, after what delay, and what it changes. */
export interface PodStep {
  name: string;
  afterMs: number;
  gone?: true;
  nodeName?: string;
  status?: () => PodStatus;
  events?: readonly PodEvent[];
}

const node = "local-node";
const nodeAddress = "192.0.2.1";
const longestBackOffMs = 300_000;
const noNodes = "0/3 nodes are available: 3 Insufficient cpu.";

/** Returns the next step of a pod's life. It depends only on stored state, so that it continues after a restart. */
export function nextStep(pod: Pod, fault: PodFault | undefined, delays: PodDelays): PodStep | undefined {
  const { deletionTimestamp } = pod.metadata;
  if (deletionTimestamp !== undefined && fault === "node-lost") return undefined;
  if (deletionTimestamp !== undefined) return { name: "gone", afterMs: delays.goneAfterMs, gone: true };
  const phase = pod.status?.phase;
  if (phase === "Succeeded" || phase === "Failed") return undefined;
  if (!isAssigned(pod)) return scheduling(pod, fault, delays);
  const state = pod.status?.containerStatuses?.[0]?.state;
  if (state?.running !== undefined) return whileRunning(pod, fault, delays);
  if (state?.terminated !== undefined) return backOff(pod, delays);
  return starting(pod, fault, delays, state?.waiting?.reason);
}

const isAssigned = (pod: Pod): boolean =>
  pod.spec.nodeName !== undefined && (pod.status?.containerStatuses ?? []).length > 0;

function scheduling(pod: Pod, fault: PodFault | undefined, delays: PodDelays): PodStep | undefined {
  const afterMs = delays.scheduledAfterMs;
  if (fault === "unschedulable" && pod.spec.nodeName === undefined) {
    if (pod.status?.conditions?.some((condition) => condition.reason === "Unschedulable")) return undefined;
    const status = { type: "PodScheduled", status: "False", reason: "Unschedulable", message: noNodes };
    return {
      ...{ name: "refuse to schedule", afterMs },
      status: () => withConditions({ ...pod.status, phase: "Pending" }, [status]),
      events: [{ type: "Warning", reason: "FailedScheduling", message: noNodes, component: "default-scheduler" }],
    };
  }
  const assigned = `Successfully assigned ${pod.metadata.namespace ?? ""}/${pod.metadata.name} to ${node}`;
  return {
    ...{ name: "schedule", afterMs, nodeName: pod.spec.nodeName ?? node },
    status: () => ({
      ...withContainers(pod, { waiting: { reason: "ContainerCreating" } }, { ready: false }),
      ...{ phase: "Pending", hostIP: nodeAddress, startTime: timestamp() },
    }),
    events: [{ type: "Normal", reason: "Scheduled", message: assigned, component: "default-scheduler" }],
  };
}

const imageOf = (pod: Pod): string => pod.spec.containers[0]?.image ?? "";
const event = (type: PodEvent["type"], reason: string, message: string): PodEvent => ({
  type,
  reason,
  message,
  component: "kubelet",
});

const unhealthy = event("Warning", "Unhealthy", "Readiness probe failed: dial tcp: connect: connection refused");

function starting(
  pod: Pod,
  fault: PodFault | undefined,
  delays: PodDelays,
  waiting: string | undefined,
): PodStep | undefined {
  const afterMs = Math.max(0, delays.runningAfterMs - delays.scheduledAfterMs);
  const image = imageOf(pod);
  if (fault === "image-pull") return failedPull(pod, image, unknownImage(image), waiting, afterMs);
  if (fault === "registry-away") return failedPull(pod, image, registryAway(image), waiting, afterMs);
  if (fault === "not-synced") return withoutConfig(pod, notSynced, waiting, afterMs);
  if (fault === "secret-not-seen") return withoutConfig(pod, `secret "${secretOf(pod)}" not found`, waiting, afterMs);
  if (waiting === "CrashLoopBackOff") {
    const restarts = pod.status?.containerStatuses?.[0]?.restartCount ?? 0;
    const backOffMs = Math.min(Math.max(1, delays.readyAfterMs) * 2 ** restarts, longestBackOffMs);
    return run(pod, "restart", fault === "crash-loop" ? backOffMs : afterMs, true);
  }
  const step = run(pod, "run", afterMs, false);
  return fault === "never-ready" ? { ...step, events: [...(step.events ?? []), unhealthy] } : step;
}

/** As containerd says it (kubernetes-sigs/provider-aws-test-infra #281, containerd 2.0). */
function unknownImage(image: string): string {
  return `rpc error: code = NotFound desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found`;
}

/** As containerd says it (kubesphere/kubekey #2576), for a host that accepts no connection. */
function registryAway(image: string): string {
  const [host = "", ...path] = image.split("/");
  const [name = "", tag = "latest"] = path.join("/").split(/[:@](.*)/);
  const url = `https://${host}/v2/${name}/manifests/${tag}`;
  return `rpc error: code = Unknown desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}": failed to do request: Head "${url}": dial tcp 192.0.2.9:443: connect: connection refused`;
}

/** As the kubelet says it (pkg/kubelet/images/image_manager.go since 1.32): the back-off has the words of the failed pull. */
function failedPull(
  pod: Pod,
  image: string,
  failure: string,
  waiting: string | undefined,
  afterMs: number,
): PodStep | undefined {
  if (waiting === "ImagePullBackOff") return undefined;
  if (waiting === "ErrImagePull") {
    const backOff = `Back-off pulling image "${image}"`;
    const message = `${backOff}: ErrImagePull: ${failure}`;
    return {
      ...{ name: "back off pulling", afterMs: 0 },
      status: () => withContainers(pod, { waiting: { reason: "ImagePullBackOff", message } }, { ready: false }),
      events: [event("Normal", "BackOff", backOff), event("Warning", "Failed", "Error: ImagePullBackOff")],
    };
  }
  return {
    ...{ name: "fail to pull", afterMs },
    status: () => withContainers(pod, { waiting: { reason: "ErrImagePull", message: failure } }, { ready: false }),
    events: [
      event("Normal", "Pulling", `Pulling image "${image}"`),
      event("Warning", "Failed", `Failed to pull image "${image}": ${failure}`),
      event("Warning", "Failed", "Error: ErrImagePull"),
    ],
  };
}

/** As the kubelet says it while its copy of a Secret is late (Shopify/krane #886, kubernetes/kubernetes #117972). */
const notSynced = "failed to sync secret cache: timed out waiting for the condition";

const secretOf = (pod: Pod): string =>
  pod.spec.containers.flatMap(({ env = [] }) => env).find(({ valueFrom }) => valueFrom?.secretKeyRef)?.valueFrom
    ?.secretKeyRef?.name ?? "";

/** What the kubelet does while it cannot put together a container's environment (pkg/kubelet/kubelet_pods.go). */
function withoutConfig(pod: Pod, message: string, waiting: string | undefined, afterMs: number): PodStep | undefined {
  const reason = "CreateContainerConfigError";
  if (waiting === reason) return undefined;
  return {
    ...{ name: "miss a secret", afterMs },
    status: () => withContainers(pod, { waiting: { reason, message } }, { ready: false }),
    events: [event("Warning", "Failed", `Error: ${message}`)],
  };
}

function run(pod: Pod, name: string, afterMs: number, restarted: boolean): PodStep {
  const image = imageOf(pod);
  const container = pod.spec.containers[0]?.name ?? "";
  const podIP = addressOf(pod);
  return {
    ...{ name, afterMs },
    status: () => ({
      ...withContainers(pod, { running: { startedAt: timestamp() } }, { ready: false, restarted }),
      ...{ phase: "Running", podIP, podIPs: [{ ip: podIP }] },
    }),
    events: [
      event("Normal", "Pulled", `Container image "${image}" already present on machine`),
      event("Normal", "Created", `Created container ${container}`),
      event("Normal", "Started", `Started container ${container}`),
    ],
  };
}

function whileRunning(pod: Pod, fault: PodFault | undefined, delays: PodDelays): PodStep | undefined {
  const afterMs = Math.max(0, delays.readyAfterMs - delays.runningAfterMs);
  const [first] = pod.status?.containerStatuses ?? [];
  const startedAt = first?.state?.running?.startedAt ?? timestamp();
  if (fault === "crash-loop") {
    const terminated = { exitCode: 1, reason: "Error", startedAt, finishedAt: timestamp() };
    return {
      ...{ name: "crash", afterMs },
      status: () => withContainers(pod, { terminated }, { ready: false }),
    };
  }
  if (fault === "evicted") return evict(pod, startedAt);
  const running = { running: { startedAt } };
  if (fault === "never-ready") {
    if (first?.ready !== true) return undefined;
    return {
      ...{ name: "lose readiness", afterMs: 0 },
      status: () => withContainers(pod, running, { ready: false }),
      events: [unhealthy],
    };
  }
  if (first?.ready === true) return undefined;
  return { name: "become ready", afterMs, status: () => withContainers(pod, running, { ready: true }) };
}

/** As the kubelet writes it (pkg/kubelet/eviction, 1.37). */
function evict(pod: Pod, startedAt: string): PodStep {
  const message = "The node was low on resource: memory. Threshold quantity: 100Mi, available: 51084Ki. ";
  const terminated = { exitCode: 137, reason: "Error", startedAt, finishedAt: timestamp() };
  return {
    ...{ name: "evict", afterMs: 0 },
    status: () => ({
      ...withContainers(pod, { terminated }, { ready: false }),
      ...{ phase: "Failed", reason: "Evicted", message },
    }),
    events: [event("Warning", "Evicted", message)],
  };
}

function backOff(pod: Pod, delays: PodDelays): PodStep {
  const [first] = pod.status?.containerStatuses ?? [];
  const container = first?.name ?? "";
  const place = `${pod.metadata.name}_${pod.metadata.namespace ?? ""}(${pod.metadata.uid})`;
  const message = `back-off restarting failed container=${container} pod=${place}`;
  return {
    ...{ name: "back off", afterMs: Math.max(0, delays.runningAfterMs - delays.scheduledAfterMs) },
    status: () =>
      withContainers(
        pod,
        { waiting: { reason: "CrashLoopBackOff", message } },
        { ready: false, lastState: first?.state ?? {} },
      ),
    events: [event("Warning", "BackOff", "Back-off restarting failed container")],
  };
}

/** Returns an address in the pod network, derived from the pod's uid. */
function addressOf(pod: Pod): string {
  const bytes = Buffer.from(pod.metadata.uid.replaceAll("-", ""), "hex");
  return `10.244.${bytes[0] ?? 0}.${((bytes[1] ?? 0) % 254) + 1}`;
}
