import type { V1Pod } from "@kubernetes/client-node";
import { isChangedSinceCreated } from "./field-ownership.ts";
import { label } from "./labels.ts";
import type { Site } from "./manifests.ts";

/** The name of the Deployment that a ReplicaSet made the pod for; undefined if none did. */
export function originOf({ metadata }: V1Pod): string | undefined {
  const owner = metadata?.ownerReferences?.find(({ controller }) => controller === true);
  const set = owner ? owner.name : metadata?.generateName?.replace(/-$/, "");
  return set?.replace(/-[^-]+$/, "");
}

/**
 * What somebody did to a desktop's pod after it was made that may weaken its isolation. Labels that admission or a controller
 * adds are the cluster's own; guacd's are not, since every desktop lets in whoever has them.
 */
export function podFaults(pod: V1Pod, { namespace, guacd }: Pick<Site, "namespace" | "guacd">): string[] {
  const { labels = {}, ownerReferences = [] } = pod.metadata ?? {};
  const isGuacd =
    guacd.namespace === namespace && Object.entries(guacd.labels).every(([key, value]) => labels[key] === value);
  const found: Record<string, boolean> = {
    [`metadata.labels.${label.deploymentName}`]: labels[label.deploymentName] !== originOf(pod),
    // Its ReplicaSet lets go a pod that its selector selects no more, and makes another.
    "metadata.ownerReferences": !ownerReferences.some(({ controller }) => controller === true),
    "metadata.labels": isGuacd,
    "spec.ephemeralContainers": (pod.spec?.ephemeralContainers ?? []).length > 0,
    "spec.containers.desktop.image": isChangedSinceCreated(pod, [
      "f:spec",
      "f:containers",
      'k:{"name":"desktop"}',
      "f:image",
    ]),
  };
  return Object.keys(found).filter((path) => found[path]);
}
