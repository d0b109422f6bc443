import type { CoreV1Event, V1Deployment, V1DeploymentCondition, V1EndpointSlice, V1Pod } from "@kubernetes/client-node";
import type { Sighting } from "../desktop/activities.ts";
import { refuse } from "../errors.ts";
import type { Missing } from "./asked-for.ts";
import { judgeContainer, newestOf, type PodFacts, type StartVerdict, unfinished, words } from "./container-states.ts";
import { annotation, isLeaving, manager } from "./labels.ts";
import { hasEnded, whatLingers } from "./lingering-pods.ts";
import { faultOfPod, noRoom, valuesOfPod } from "./start-faults.ts";

/** What the cluster shows of a desktop that is starting. */
export interface StartFacts {
  deployment: V1Deployment | null;
  /** The desktop's, also those of earlier starts. */
  pods: readonly V1Pod[];
  /** Of the Service: it may have several. */
  slices: readonly V1EndpointSlice[];
  /** Of the current pod. They tell people more than states do, and may be late or missing. */
  events: readonly CoreV1Event[];
  /** Of what the kubelet says is missing, what the API does not have either. */
  missing?: readonly Missing[];
}

/** The request that the Deployment's pods are started for. */
function requestOf(object: Pick<V1Deployment | V1Pod, "metadata"> | undefined): string | undefined {
  return object?.metadata?.annotations?.[annotation.request];
}

/** The pod that was made for the newest start; of several, one that has not failed. */
export function currentPod({ deployment, pods }: Pick<StartFacts, "deployment" | "pods">): V1Pod | undefined {
  // Pods of an earlier start have an earlier credential: their readiness says nothing of this one.
  const wanted = requestOf(deployment?.spec?.template);
  const current = pods.filter((pod) => !isLeaving(pod) && requestOf(pod) === wanted);
  return current.find(isReady) ?? current.find((pod) => pod.status?.phase !== "Failed") ?? current[0];
}

/** The pods of earlier starts, which the Deployment waits for before it makes a new one. */
function earlierPods({ deployment, pods }: Pick<StartFacts, "deployment" | "pods">): V1Pod[] {
  const wanted = requestOf(deployment?.spec?.template);
  return pods.filter((pod) => requestOf(pod) !== wanted);
}

/**
 * The pods of earlier starts that have ended and stay: an evicted one, for example. Until Kubernetes 1.36 the Deployment's
 * controller does not notice that no other is left, and makes the new pod at the end of `progressDeadlineSeconds`
 * (kubernetes/kubernetes #128798).
 */
export function podsInTheWay(facts: Pick<StartFacts, "deployment" | "pods">): V1Pod[] {
  return facts.deployment ? earlierPods(facts).filter((pod) => hasEnded(pod) && !isLeaving(pod)) : [];
}

/** When a start ends that no node takes. */
interface Grace {
  unschedulableGraceSeconds: number;
  /** Set if the API server was away: nothing could give the cluster a node before. */
  answersSince?: string | undefined;
}

/**
 * Reports if the pod behind the Service is ready, with the cluster's own message. Ends the wait if waiting cannot help (see
 * start-faults.ts): a crash loop, or a pod that fits no node beyond the grace. The Deployment's own deadline
 * (`ProgressDeadlineExceeded`) is later than the wait's and goes on during an outage, so it says nothing more.
 */
export function judgeStart(facts: StartFacts, grace: Grace, now: Date): StartVerdict {
  const { deployment, slices, events, missing = [] } = facts;
  if (!deployment) return refuse("cannot-start", "the Deployment is gone; somebody removed it while it was starting");

  if ((deployment.status?.observedGeneration ?? 0) < (deployment.metadata?.generation ?? 0))
    return { seen: "waiting", message: "the cluster has not processed the Deployment yet" };

  const pod = currentPod(facts);
  const refused = !pod || pod.status?.phase === "Failed" ? judgeRefusal(facts) : null;
  if (refused) return refused;
  if (!pod) return { seen: "waiting", message: whyNoPod(facts, deployment, now) };
  if (isReady(pod)) {
    // Everybody else goes by what the Deployment says: to them the desktop would still be starting.
    if (!deployment.status?.readyReplicas)
      return { seen: "waiting", message: "the pod is ready, but the Deployment does not count it yet" };
    return slices.some((slice) => leadsTo(slice, pod))
      ? { seen: "ready", message: `pod ${pod.metadata?.name ?? ""} is ready behind the Service` }
      : { seen: "waiting", message: "the pod is ready, but the Service does not list it yet" };
  }

  return judgePod(pod, { events, missing }, grace, now);
}

/** What is said of the pod that the cluster could not create; null if nothing is. */
function judgeRefusal({ deployment, pods }: StartFacts): Sighting | null {
  const failure = condition(deployment?.status, "ReplicaFailure");
  if (failure?.status !== "True") return null;
  const message = failure.message ?? "the pod cannot be created";
  // A pod that is being removed still counts in the quota.
  const ends = faultOfPod(message)?.then === "ends" && !pods.some(isLeaving) && !isLeftOver(failure, deployment);
  return ends ? refuse("cannot-start", message, valuesOfPod(message)) : { seen: "waiting", message };
}

/** True if the condition is older than the Deployment's newest template: it speaks of an earlier start. */
function isLeftOver({ lastUpdateTime }: V1DeploymentCondition, deployment: V1Deployment | null): boolean {
  const ours = deployment?.metadata?.managedFields?.find(
    (entry) => entry.manager === manager && entry.operation === "Apply" && (entry.subresource ?? "") === "",
  );
  return lastUpdateTime !== undefined && ours?.time !== undefined && new Date(lastUpdateTime) < new Date(ours.time);
}

function whyNoPod(facts: StartFacts, { metadata, spec }: V1Deployment, now: Date): string {
  if (spec?.paused === true) {
    const name = metadata?.name ?? "";
    return `somebody paused the rollout of Deployment ${name} (kubectl rollout resume deployment/${name} continues it)`;
  }
  return whatLingers(earlierPods(facts), "an earlier pod", now) ?? "the cluster is creating the pod";
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

function judgePod(pod: V1Pod, facts: PodFacts, grace: Grace, now: Date): StartVerdict {
  const { status } = pod;
  const { unschedulableGraceSeconds: graceSeconds, answersSince = 0 } = grace;
  const scheduled = condition(status, "PodScheduled");
  if (scheduled?.status === "False") {
    const since = new Date(scheduled.lastTransitionTime ?? pod.metadata?.creationTimestamp ?? now);
    const message = scheduled.message ?? "no node accepts the pod";
    const from = Math.max(since.getTime(), new Date(answersSince).getTime());
    if (scheduled.reason === "Unschedulable" && now.getTime() - from >= graceSeconds * 1_000)
      return refuse("cannot-start", `no node accepted the pod for ${graceSeconds} s: ${message}`, noRoom);
    return { seen: "waiting", message };
  }
  // An eviction, for example: its ReplicaSet makes another pod.
  if (status?.phase === "Failed")
    return {
      seen: "waiting",
      message: `the pod failed, another one is being created: ${words(status.reason, status.message)}`,
    };

  const containers = unfinished(pod);
  const verdicts = containers.map((container) => judgeContainer(pod, container, facts));
  const refused = verdicts.find((verdict) => "refused" in verdict);
  if (refused) return refused;
  const said = verdicts.find((verdict) => "seen" in verdict && verdict.message !== null);
  if (said?.message != null) return { seen: "waiting", message: said.message };
  return { seen: "waiting", message: otherWords(pod, facts) };
}

/** What there is to say of a pod whose containers say nothing themselves. */
function otherWords(pod: V1Pod, { events }: PodFacts): string {
  const { status, spec } = pod;
  const containers = unfinished(pod);
  const newest = newestOf(events);
  const event = newest && words(newest.reason, newest.message);
  if (newest?.reason === "NodeNotReady")
    return `node ${spec?.nodeName ?? ""}, where the pod is, does not answer: ${event}`;
  const ready = condition(status, "Ready");
  if (containers.length === 0 && ready?.reason === "ReadinessGatesNotReady") return words(ready.reason, ready.message);
  if (containers.some(({ state }) => state?.running))
    return `the container is running but not ready yet${newest?.type === "Warning" ? `: ${event}` : ""}`;
  const isAssigned = condition(status, "PodScheduled")?.status === "True";
  const state =
    containers[0]?.state?.waiting?.reason ??
    (isAssigned ? "the pod has been assigned to a node" : "waiting for a node");
  return event ?? state;
}

function isReady(pod: V1Pod): boolean {
  return !hasEnded(pod) && condition(pod.status, "Ready")?.status === "True";
}

function condition<T extends { type: string }>(status: { conditions?: T[] } | undefined, type: string): T | undefined {
  return status?.conditions?.find((candidate) => candidate.type === type);
}
