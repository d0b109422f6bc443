import type { V1Deployment, V1Endpoints, V1Pod } from "@kubernetes/client-node";
import type { Sighting } from "../desktop/activities.ts";
import { refuse } from "../errors.ts";
import { annotation, isLeaving } from "./labels.ts";

/** What the cluster shows of a desktop that is starting. */
export interface StartFacts {
  deployment: V1Deployment | null;
  pods: readonly V1Pod[];
  endpoints: V1Endpoints | null;
}

/** Waiting reasons that no waiting cures: the image or the container's definition is wrong. */
const hopeless = new Set(["InvalidImageName", "CreateContainerConfigError", "ErrImageNeverPull"]);
/** How often a container may crash before we say that it cannot start. */
const crashesAllowed = 2;

/**
 * Whether the pod behind the Service is ready, with the cluster's own words. Ends the wait where waiting is in vain: image
 * pull, crash loop, a pod that fits no node beyond the grace, quota.
 */
export function judgeStart(
  { deployment, pods, endpoints }: StartFacts,
  { unschedulableGraceSeconds }: { unschedulableGraceSeconds: number },
  now: Date,
): Sighting {
  if (!deployment) return refuse("cannot-start", "the Deployment is gone; somebody removed it while it started");

  if ((deployment.status?.observedGeneration ?? 0) < (deployment.metadata?.generation ?? 0))
    return { seen: "waiting", message: "the cluster has not looked at the Deployment yet" };

  // Pods of an earlier start have an earlier credential: their readiness says nothing of this one.
  const wanted = deployment.spec?.template.metadata?.annotations?.[annotation.request];
  const current = pods.filter((pod) => !isLeaving(pod) && pod.metadata?.annotations?.[annotation.request] === wanted);
  const ready = current.find((pod) => condition(pod.status, "Ready")?.status === "True");
  if (ready) {
    const behindService = endpoints?.subsets?.some(({ addresses = [] }) =>
      addresses.some(({ targetRef }) => targetRef?.name === ready.metadata?.name),
    );
    return behindService
      ? { seen: "ready", message: `pod ${ready.metadata?.name ?? ""} is ready behind the Service` }
      : { seen: "waiting", message: "the pod is ready, the Service does not name it yet" };
  }

  const pod = current[0];
  if (!pod) {
    const failure = condition(deployment.status, "ReplicaFailure");
    if (failure?.status === "True") return refuse("cannot-start", failure.message ?? "the pod cannot be created");
    return { seen: "waiting", message: "the cluster is making the pod" };
  }
  return judgePod(pod, unschedulableGraceSeconds, now);
}

function judgePod(pod: V1Pod, graceSeconds: number, now: Date): Sighting {
  const scheduled = condition(pod.status, "PodScheduled");
  if (scheduled?.status === "False" && scheduled.reason === "Unschedulable") {
    const since = new Date(scheduled.lastTransitionTime ?? pod.metadata?.creationTimestamp ?? now);
    const message = scheduled.message ?? "no node takes the pod";
    if (now.getTime() - since.getTime() >= graceSeconds * 1_000)
      return refuse("cannot-start", `no node took the pod for ${graceSeconds} s: ${message}`);
    return { seen: "waiting", message };
  }

  const container = pod.status?.containerStatuses?.[0];
  const waiting = container?.state?.waiting;
  if (waiting?.reason === "ImagePullBackOff" || hopeless.has(waiting?.reason ?? ""))
    return refuse("cannot-start", words(waiting?.reason, waiting?.message));
  if (waiting?.reason === "CrashLoopBackOff" && (container?.restartCount ?? 0) >= crashesAllowed) {
    const last = container?.lastState?.terminated;
    return refuse(
      "cannot-start",
      words(`the container crashed with exit code ${last?.exitCode ?? "?"}`, last?.message ?? last?.reason),
    );
  }

  if (waiting) return { seen: "waiting", message: words(waiting.reason, waiting.message) };
  if (container?.state?.running) return { seen: "waiting", message: "the container runs and is not ready yet" };
  return { seen: "waiting", message: scheduled?.status === "True" ? "a node has the pod" : "waiting for a node" };
}

function condition<T extends { type: string }>(status: { conditions?: T[] } | undefined, type: string): T | undefined {
  return status?.conditions?.find((candidate) => candidate.type === type);
}

function words(reason = "waiting", message?: string): string {
  return message === undefined || message === "" ? reason : `${reason}: ${message}`;
}
