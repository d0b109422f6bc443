import type {
  CoreV1Event,
  V1ContainerStatus,
  V1Deployment,
  V1DeploymentCondition,
  V1EndpointSlice,
  V1Pod,
} from "@kubernetes/client-node";
import type { Sighting } from "../desktop/activities.ts";
import { refuse } from "../errors.ts";
import { annotation, isLeaving } from "./labels.ts";

/** What the cluster shows of a desktop that is starting. */
export interface StartFacts {
  deployment: V1Deployment | null;
  pods: readonly V1Pod[];
  /** Of the Service: it may have several. */
  slices: readonly V1EndpointSlice[];
  /** Of the current pod. They tell people more than states do, may be late or missing, and so decide nothing. */
  events: readonly CoreV1Event[];
}

/** Waiting reasons that no waiting cures: the image or the container's definition is wrong. */
const hopeless = new Set(["InvalidImageName", "CreateContainerConfigError", "ErrImageNeverPull", "ImagePullBackOff"]);
/** How often a container may be started again before we say that it cannot start. */
const restartsAllowed = 2;

/** Why a pod could not be created just now, if the cluster retries by itself: a write that crossed another, a webhook that is away. */
const passing = /Operation cannot be fulfilled|Internal error occurred|timed out|deadline exceeded/i;

/** The pod that was made for the newest start; of several, one that has not failed. */
export function currentPod({ deployment, pods }: Pick<StartFacts, "deployment" | "pods">): V1Pod | undefined {
  // Pods of an earlier start have an earlier credential: their readiness says nothing of this one.
  const wanted = deployment?.spec?.template.metadata?.annotations?.[annotation.request];
  const current = pods.filter((pod) => !isLeaving(pod) && pod.metadata?.annotations?.[annotation.request] === wanted);
  return current.find(isReady) ?? current.find((pod) => pod.status?.phase !== "Failed") ?? current[0];
}

/**
 * Reports if the pod behind the Service is ready, with the cluster's own message. Ends the wait if waiting cannot help: image
 * pull, crash loop, a pod that fits no node beyond the grace, quota, admission, the Deployment's own deadline.
 */
export function judgeStart(
  { deployment, pods, slices, events }: StartFacts,
  { unschedulableGraceSeconds }: { unschedulableGraceSeconds: number },
  now: Date,
): Sighting {
  if (!deployment) return refuse("cannot-start", "the Deployment is gone; somebody removed it while it was starting");

  if ((deployment.status?.observedGeneration ?? 0) < (deployment.metadata?.generation ?? 0))
    return { seen: "waiting", message: "the cluster has not processed the Deployment yet" };

  const pod = currentPod({ deployment, pods });
  if (!pod || pod.status?.phase === "Failed") {
    const failure = condition(deployment.status, "ReplicaFailure");
    const message = failure?.message ?? "the pod cannot be created";
    if (failure?.status === "True")
      return passing.test(message) ? { seen: "waiting", message } : refuse("cannot-start", message);
  }
  if (!pod) return { seen: "waiting", message: "the cluster is creating the pod" };
  if (isReady(pod)) {
    return slices.some((slice) => leadsTo(slice, pod))
      ? { seen: "ready", message: `pod ${pod.metadata?.name ?? ""} is ready behind the Service` }
      : { seen: "waiting", message: "the pod is ready, but the Service does not list it yet" };
  }

  const sighting = judgePod(pod, events, unschedulableGraceSeconds, now);
  if ("seen" in sighting && isOverdue(deployment, pod))
    return refuse("not-ready-in-time", `the Deployment's deadline has passed: ${sighting.message}`);
  return sighting;
}

/**
 * True if the Service sends traffic to a pod by way of this slice. A slice without endpoints has null in the place of the
 * list, whatever the client's type says; a condition that is not set counts as ready (the API's own rule).
 */
function leadsTo(slice: V1EndpointSlice, { metadata }: V1Pod): boolean {
  const endpoints = slice.endpoints as V1EndpointSlice["endpoints"] | null;
  return (
    endpoints?.some(
      ({ targetRef, conditions }) =>
        targetRef?.kind === "Pod" && targetRef.name === metadata?.name && conditions?.ready !== false,
    ) ?? false
  );
}

/** True if the Deployment gave up on this very pod; what it says of an earlier start does not count. */
function isOverdue({ status }: V1Deployment, { metadata }: V1Pod): boolean {
  const progressing: V1DeploymentCondition | undefined = condition(status, "Progressing");
  if (progressing?.status !== "False" || progressing.reason !== "ProgressDeadlineExceeded") return false;
  return new Date(progressing.lastUpdateTime ?? 0) > new Date(metadata?.creationTimestamp ?? 0);
}

function judgePod(pod: V1Pod, events: readonly CoreV1Event[], graceSeconds: number, now: Date): Sighting {
  const { status } = pod;
  const scheduled = condition(status, "PodScheduled");
  if (scheduled?.status === "False" && scheduled.reason === "Unschedulable") {
    const since = new Date(scheduled.lastTransitionTime ?? pod.metadata?.creationTimestamp ?? now);
    const message = scheduled.message ?? "no node accepts the pod";
    if (now.getTime() - since.getTime() >= graceSeconds * 1_000)
      return refuse("cannot-start", `no node accepted the pod for ${graceSeconds} s: ${message}`);
    return { seen: "waiting", message };
  }
  // An eviction, for example: its ReplicaSet makes another pod.
  if (status?.phase === "Failed")
    return {
      seen: "waiting",
      message: `the pod failed, another one is being created: ${words(status.reason, status.message)}`,
    };

  const containers = unfinished(pod);
  const verdicts = containers.map((container) => judgeContainer(container, nameIn(pod, container)));
  const refused = verdicts.find((verdict) => "refused" in verdict);
  if (refused) return refused;
  const said = verdicts.find((verdict) => "seen" in verdict && verdict.message !== null);
  if (said?.message != null) return { seen: "waiting", message: said.message };

  const newest = newestOf(events);
  if (containers.some(({ state }) => state?.running)) {
    const why = newest?.type === "Warning" ? `: ${words(newest.reason, newest.message)}` : "";
    return { seen: "waiting", message: `the container is running but not ready yet${why}` };
  }
  const state =
    containers[0]?.state?.waiting?.reason ??
    (scheduled?.status === "True" ? "the pod has been assigned to a node" : "waiting for a node");
  return { seen: "waiting", message: newest ? words(newest.reason, newest.message) : state };
}

/** The containers that the pod waits for: the init containers one after the other, with the sidecars among them, then all others. */
function unfinished({ spec, status }: V1Pod): V1ContainerStatus[] {
  const isSidecar = ({ name }: V1ContainerStatus) =>
    spec?.initContainers?.some((container) => container.name === name && container.restartPolicy === "Always") ?? false;
  const first = status?.initContainerStatuses ?? [];
  const sidecars = first.filter((container) => isSidecar(container) && !container.ready);
  const next = first.find((each) => !isSidecar(each) && !each.ready && each.state?.terminated?.exitCode !== 0);
  const main = (status?.containerStatuses ?? []).filter(({ ready }) => !ready);
  return [...sidecars, ...(next ? [next] : main)];
}

const theOnly = "the container";

/** Named if there are several: an admission controller may add some. */
function nameIn({ status }: V1Pod, { name }: V1ContainerStatus): string {
  const several = (status?.initContainerStatuses ?? []).length + (status?.containerStatuses ?? []).length > 1;
  return several ? `the container ${name}` : theOnly;
}

/** What a container's state says; a message of null is less than an event says. */
function judgeContainer(
  { state, lastState, restartCount }: V1ContainerStatus,
  name: string,
): Sighting | { seen: "waiting"; message: null } {
  const { reason = "", message } = state?.waiting ?? {};
  if (hopeless.has(reason)) return refuse("cannot-start", `${prefix(name)}${words(reason, message)}`);
  const crash = state?.terminated ?? lastState?.terminated;
  if (crash && !state?.running) {
    const cause = words(
      `exit code ${crash.exitCode}${crash.reason === undefined ? "" : ` (${crash.reason})`}`,
      crash.message,
    );
    if (reason === "CrashLoopBackOff" && restartCount >= restartsAllowed)
      return refuse("cannot-start", `${name} crashed ${restartCount + 1} times, last with ${cause}`);
    return { seen: "waiting", message: `${name} crashed with ${cause}` };
  }
  return {
    seen: "waiting",
    message: message === undefined || message === "" ? null : `${prefix(name)}${words(reason, message)}`,
  };
}

function prefix(name: string): string {
  return name === theOnly ? "" : `${name}: `;
}

/**
 * Some sources give whole seconds, others microseconds: events of the same second are distinguished by their versions, which
 * grow (kubernetes/enhancements, KEP-5504).
 */
function newestOf(events: readonly CoreV1Event[]): CoreV1Event | undefined {
  const at = ({ series, lastTimestamp, eventTime, metadata }: CoreV1Event) =>
    Math.floor(
      new Date(series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? 0).getTime() /
        1_000,
    );
  const version = ({ metadata }: CoreV1Event) => Number(metadata.resourceVersion ?? 0);
  return events.toSorted((one, other) => at(other) - at(one) || version(other) - version(one))[0];
}

function isReady({ status }: V1Pod): boolean {
  return condition(status, "Ready")?.status === "True";
}

function condition<T extends { type: string }>(status: { conditions?: T[] } | undefined, type: string): T | undefined {
  return status?.conditions?.find((candidate) => candidate.type === type);
}

function words(reason = "waiting", message?: string): string {
  return message === undefined || message === "" ? reason : `${reason}: ${message}`;
}
