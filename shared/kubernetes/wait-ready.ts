import type { CoreV1Event, V1ConfigMap, V1Pod, V1Secret } from "@kubernetes/client-node";
import type { Sighting } from "../desktop/activities.ts";
import type { StartKind } from "../lifecycle/start-times.ts";
import type { DesktopPlan } from "../desktop/plan.ts";
import type { Cluster } from "./cluster.ts";
import { type Missing, missingFor } from "./asked-for.ts";
import type { StartVerdict } from "./container-states.ts";
import { belongsAsPod } from "./lingering-pods.ts";
import { currentPod, judgeStart, podsInTheWay } from "./readiness.ts";
import type { Known } from "./starting-desktop.ts";
import type { StartingDesktops } from "./starting-desktops.ts";

/** How a caller waits for a desktop. */
export interface Patience {
  /** Returns after this time with what was seen last. */
  milliseconds: number;
  /** Returns news of a start that goes on at once, too. */
  returnsNews: boolean;
  /** Called once, at the first news after the return. */
  tell?: (() => void) | undefined;
  /** Since when the cluster answers again, if it was away meanwhile. */
  answersSince?: string | undefined;
}

/** Orchestrations of version 1.1 ask again at once: a turn of their wait takes some seconds. */
export const blocking: Patience = { milliseconds: 5_000, returnsNews: true };

/** A container whose image is on the node is often ready so soon; longer waits hold no place of an activity. */
export const briefMilliseconds = 500;

/** How soon a wait is looked after if its news got lost. */
const againInSeconds = 15;

/** What a look saw, and where the time of the start goes, as far as it can be told by then. */
export type StartSighting = StartVerdict & { kind?: StartKind | undefined };

/** Looks at a desktop that starts, and waits for a moment. */
export async function waitReady(
  cluster: Cluster,
  starting: StartingDesktops,
  namespace: string,
  plan: DesktopPlan,
  { milliseconds, returnsNews, tell, answersSince }: Patience,
): Promise<StartSighting> {
  const deadline = performance.now() + milliseconds;
  let first: string | undefined;
  for (;;) {
    const known = await starting.look(plan.names);
    for (const ended of podsInTheWay(known)) if (belongsAsPod(ended, plan)) await cluster.remove(ended);
    const pod = currentPod(known);
    const missing = pod ? await reallyMissing(cluster, namespace, missingFor(pod, known.events)) : [];
    const judge = (now: Known) => judgeStart({ ...now, missing }, { ...plan, answersSince }, new Date());
    const sighting: StartSighting = {
      ...judge(known),
      ...(pod && { kind: startKindOf(pod, known.events, new Date()) }),
    };
    if (!("seen" in sighting) || sighting.seen === "ready") {
      starting.forget(plan.names);
      return sighting;
    }
    first ??= sighting.message;
    if (returnsNews && sighting.message !== first) return sighting;
    const remaining = deadline - performance.now();
    if (remaining > 0) {
      await starting.next(plan.names, known.version, remaining);
      continue;
    }
    if (!tell) return sighting;
    const isNews = (now: Known) => inWords(judge(now)) !== inWords(sighting);
    if (starting.tellOnce(plan.names, known.version, isNews, tell)) return { ...sighting, againInSeconds };
  }
}

/** A node that comes for a pod takes longer than any scheduler. */
const newNodeMilliseconds = 15_000;

/** Where the time of a start goes, as its pod and the kubelet's events tell by now; undefined if they do not. */
export function startKindOf(
  { metadata, status }: Pick<V1Pod, "metadata" | "status">,
  events: readonly Pick<CoreV1Event, "reason" | "message">[],
  now: Date,
): StartKind | undefined {
  const scheduled = status?.conditions?.find(({ type }) => type === "PodScheduled");
  const until = scheduled?.status === "True" ? (scheduled.lastTransitionTime ?? now) : now;
  const created = metadata?.creationTimestamp ?? until;
  if (new Date(until).getTime() - new Date(created).getTime() >= newNodeMilliseconds) return "new-node";
  const pulled = events.find(({ reason }) => reason === "Pulled")?.message;
  if (pulled === undefined) return undefined;
  // pkg/kubelet/images/image_manager.go: "Container image … already present on machine".
  return pulled.includes("already present") ? "on-node" : "pulled";
}

function inWords(sighting: Sighting): string {
  return "seen" in sighting ? `${sighting.seen} ${sighting.message}` : `${sighting.refused} ${sighting.reason}`;
}

/** Of what a kubelet says is missing, what the API does not have either. */
export async function reallyMissing(
  cluster: Cluster,
  namespace: string,
  asked: readonly Missing[],
): Promise<Missing[]> {
  const missing: Missing[] = [];
  for (const each of asked) {
    const reference = { apiVersion: "v1", kind: each.kind, metadata: { name: each.name, namespace } };
    const found = await cluster.read<V1Secret & V1ConfigMap>(reference);
    const has = (key: string) => [found?.data, found?.binaryData].some((data) => data && Object.hasOwn(data, key));
    if (!found || (each.key !== undefined && !has(each.key))) missing.push(each);
  }
  return missing;
}
