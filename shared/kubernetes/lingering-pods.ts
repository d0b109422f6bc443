import type { V1Pod } from "@kubernetes/client-node";
import { canonicalUsername, type NamedDesktop } from "../desktop/names.ts";
import { annotation, heldBy, isLeaving } from "./labels.ts";

/**
 * How long after the end of its grace period a pod may be seen before we say that its node does not answer. A kubelet that
 * does answer needs a second or two.
 */
const answerMilliseconds = 30_000;

/** True if a ReplicaSet of the desktop's Deployment made the pod: somebody else's may have its label. */
export function isMadeFor({ metadata }: V1Pod, { names }: NamedDesktop): boolean {
  const owner = metadata?.ownerReferences?.find(({ controller }) => controller === true);
  return owner?.kind === "ReplicaSet" && owner.name.startsWith(`${names.deployment}-`);
}

/** True if the pod also says that it is this desktop's. */
export function belongsAsPod(pod: V1Pod, desktop: NamedDesktop): boolean {
  return isMadeFor(pod, desktop) && saysItIs(pod, desktop);
}

/** True if the pod says that it is this desktop's, and nothing controls it any more: somebody deleted its ReplicaSet and kept it. */
export function isLoose(pod: V1Pod, desktop: NamedDesktop): boolean {
  const controlled = pod.metadata?.ownerReferences?.some(({ controller }) => controller === true) ?? false;
  const isFromSet = pod.metadata?.generateName?.startsWith(`${desktop.names.deployment}-`) ?? false;
  return !controlled && isFromSet && saysItIs(pod, desktop);
}

function saysItIs({ metadata }: V1Pod, { workspace, username }: NamedDesktop): boolean {
  const { [annotation.workspace]: where, [annotation.username]: whose } = metadata?.annotations ?? {};
  return where === workspace && whose !== undefined && canonicalUsername(whose) === canonicalUsername(username);
}

/** True if the pod has run and will not run again: an eviction, for example. Its containers are known to be gone. */
export function hasEnded({ status }: V1Pod): boolean {
  return status?.phase === "Failed" || status?.phase === "Succeeded";
}

/** The pod that is still being removed, and what holds it; null if none is. `what` names the pod's part, for people. */
export function whatLingers(pods: readonly V1Pod[], what: string, now: Date): string | null {
  const leaving = pods.filter(isLeaving);
  const worst = leaving.find(heldBy) ?? leaving.find((pod) => isUnanswered(pod, now)) ?? leaving[0];
  if (!worst) return null;
  const { nodeName } = worst.spec ?? {};
  const pod = nodeName === undefined ? what : `${what} on node ${nodeName}`;
  const held = heldBy(worst);
  if (held !== null) return `${pod} is still being removed; it is ${held}`;
  return isUnanswered(worst, now)
    ? `${pod}, which does not answer, is still being removed`
    : `${pod} is still being removed`;
}

/** True if the kubelet should have removed the pod by now. The time of a deletion is that of the end of its grace period. */
function isUnanswered({ metadata, spec, status }: V1Pod, now: Date): boolean {
  if (spec?.nodeName === undefined) return false;
  const due = new Date(metadata?.deletionTimestamp ?? now).getTime();
  return status?.reason === "NodeLost" || now.getTime() - due > answerMilliseconds;
}
