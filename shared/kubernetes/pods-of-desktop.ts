import type { V1Pod } from "@kubernetes/client-node";
import type { NamedDesktop } from "../desktop/names.ts";
import type { FoundPod } from "../lifecycle/desktop-objects.ts";
import type { Cluster } from "./cluster.ts";
import { annotation, isLeaving, label } from "./labels.ts";
import { isLoose, isMadeFor } from "./lingering-pods.ts";
import type { Site } from "./manifests.ts";
import { podFaults } from "./pod-faults.ts";

/** The pods of one desktop that have its label: one short list. */
export async function podsOfDesktop(cluster: Cluster, site: Site, desktop: NamedDesktop): Promise<FoundPod[]> {
  const labels = `${label.deploymentName}=${desktop.names.deployment}`;
  const found = await cluster.list<V1Pod>({ apiVersion: "v1", kind: "Pod" }, site.namespace, { labels });
  return found
    .filter((pod) => isMadeFor(pod, desktop) || isLoose(pod, desktop))
    .map((pod) => ({
      name: pod.metadata?.name ?? "",
      phase: isLeaving(pod) ? "being removed" : (pod.status?.phase ?? "Pending"),
      ready: (pod.status?.conditions ?? []).some(({ type, status }) => type === "Ready" && status === "True"),
      node: pod.spec?.nodeName,
      // What the operator started goes on as it is.
      faults: pod.metadata?.annotations?.[annotation.request] === undefined ? [] : podFaults(pod, site),
    }));
}
