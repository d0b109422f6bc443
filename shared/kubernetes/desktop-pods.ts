import type { V1Pod } from "@kubernetes/client-node";
import {
  canonicalUsername,
  type DesktopKey,
  isKeyPart,
  keyText,
  nameDesktop,
  type NamingRules,
} from "../desktop/names.ts";
import type { ChangedPod } from "../lifecycle/drift-sources.ts";
import type { Cluster } from "./cluster.ts";
import { annotation, isLeaving, label } from "./labels.ts";
import { hasEnded, isLoose, isMadeFor } from "./lingering-pods.ts";
import type { Site } from "./manifests.ts";
import { originOf, podFaults } from "./pod-faults.ts";

/** Pods of desktops, what somebody did to them, and pods with a desktop's label that are nobody's. */
export interface DesktopPods {
  /** Of which desktops there are pods with their label. */
  desktops: DesktopKey[];
  changed: ChangedPod[];
  strangers: string[];
}

const pods = { apiVersion: "v1", kind: "Pod" };

/**
 * Every pod of the namespace that goes on running and is a desktop's, in pages. All pods are read, since a pod that lost its
 * label, and with it its network policy, is found in no other way.
 */
export async function desktopPodsIn(cluster: Cluster, site: Site, rules: NamingRules): Promise<DesktopPods> {
  const desktops = new Map<string, DesktopKey>();
  const found: DesktopPods = { desktops: [], changed: [], strangers: [] };
  for await (const page of cluster.pages<V1Pod>(pods, rules.namespace))
    for (const pod of page) {
      if (hasEnded(pod) || isLeaving(pod)) continue;
      const key = desktopOfPod(pod, rules);
      const { name = "", uid = "", labels = {}, annotations = {} } = pod.metadata ?? {};
      // What the operator started goes on as it is.
      const isOurs = annotations[annotation.request] !== undefined;
      const faults = key && isOurs ? podFaults(pod, site) : [];
      if (key && faults.length > 0) found.changed.push({ ...key, pod: name, uid, faults });
      if (labels[label.deploymentName] === undefined) continue;
      if (!key)
        found.strangers.push(
          `Pod ${name}: has the label ${label.deploymentName} and was not created for a desktop, whose NetworkPolicy and Service select it (remove the label, or the pod)`,
        );
      else if (labels[label.deploymentName] === originOf(pod)) desktops.set(keyText(key), key);
    }
  return { ...found, desktops: [...desktops.values()] };
}

/** Ends the pods of these desktops that are changed now; whoever wants the desktop gets another pod. */
export async function endChangedPods(
  cluster: Cluster,
  site: Site,
  rules: NamingRules,
  of: readonly DesktopKey[],
): Promise<void> {
  const keys = new Set(of.map(keyText));
  const { changed } = await desktopPodsIn(cluster, site, rules);
  for (const each of changed)
    if (keys.has(keyText(each)))
      await cluster.remove({ ...pods, metadata: { name: each.pod, namespace: site.namespace, uid: each.uid } });
}

/** The desktop for which the pod was made, whatever its labels say now. */
function desktopOfPod(pod: V1Pod, rules: NamingRules): DesktopKey | null {
  const { [annotation.workspace]: workspace = "", [annotation.username]: spelled = "" } =
    pod.metadata?.annotations ?? {};
  if (!isKeyPart(workspace) || !isKeyPart(spelled)) return null;
  const key = { workspace, username: canonicalUsername(spelled) };
  const desktop = { ...key, names: nameDesktop(key, rules, originOf(pod)) };
  return isMadeFor(pod, desktop) || isLoose(pod, desktop) ? key : null;
}
