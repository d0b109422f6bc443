import type { V1Pod } from "@kubernetes/client-node";
import {
  canonicalUsername,
  type DesktopKey,
  isKeyPart,
  keyText,
  nameDesktop,
  type NamingRules,
} from "../desktop/names.ts";
import type { Cluster } from "./cluster.ts";
import { annotation, isLeaving, label } from "./labels.ts";
import { hasEnded, isLoose, isMadeFor } from "./lingering-pods.ts";

/** Pods with the label of a desktop's pods: of which desktops they are, and what is wrong with those that are nobody's. */
export interface DesktopPods {
  desktops: DesktopKey[];
  strangers: string[];
}

/** Every pod that has the label of a desktop's pods and goes on running, in pages. */
export async function desktopPodsIn(cluster: Cluster, rules: NamingRules): Promise<DesktopPods> {
  const desktops = new Map<string, DesktopKey>();
  const strangers: string[] = [];
  const pages = cluster.pages<V1Pod>({ apiVersion: "v1", kind: "Pod" }, rules.namespace, {
    labels: label.deploymentName,
  });
  for await (const page of pages)
    for (const pod of page) {
      if (hasEnded(pod) || isLeaving(pod)) continue;
      const key = desktopOfPod(pod, rules);
      if (key) desktops.set(keyText(key), key);
      else
        strangers.push(
          `Pod ${pod.metadata?.name ?? ""}: has the label ${label.deploymentName} and was not created for a desktop, whose NetworkPolicy and Service select it (remove the label, or the pod)`,
        );
    }
  return { desktops: [...desktops.values()], strangers };
}

function desktopOfPod(pod: V1Pod, rules: NamingRules): DesktopKey | null {
  const { labels = {}, annotations = {} } = pod.metadata ?? {};
  const { [annotation.workspace]: workspace = "", [annotation.username]: spelled = "" } = annotations;
  if (!isKeyPart(workspace) || !isKeyPart(spelled)) return null;
  const key = { workspace, username: canonicalUsername(spelled) };
  const desktop = { ...key, names: nameDesktop(key, rules, labels[label.deploymentName]) };
  return isMadeFor(pod, desktop) || isLoose(pod, desktop) ? key : null;
}
