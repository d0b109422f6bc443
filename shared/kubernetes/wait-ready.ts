import type { CoreV1Event, V1ConfigMap, V1Deployment, V1EndpointSlice, V1Pod, V1Secret } from "@kubernetes/client-node";
import type { Sighting } from "../desktop/activities.ts";
import type { DesktopPlan } from "../desktop/plan.ts";
import type { Cluster, Reference } from "./cluster.ts";
import { type Missing, missingFor } from "./asked-for.ts";
import { label } from "./labels.ts";
import { belongsAsPod } from "./lingering-pods.ts";
import { currentPod, judgeStart, podsInTheWay } from "./readiness.ts";

/** One turn of a wait: short enough for any host's limits, long enough that waiting is watching and not asking. */
const watchMilliseconds = 5_000;

/** Watches a desktop start for some seconds and returns what it saw last; news is returned at once. */
export async function waitReady(cluster: Cluster, namespace: string, plan: DesktopPlan): Promise<Sighting> {
  const labels = `${label.deploymentName}=${plan.names.deployment}`;
  const ofService = `kubernetes.io/service-name=${plan.names.service}`;
  const named = (apiVersion: string, kind: string, name: string): Reference => ({
    apiVersion,
    kind,
    metadata: { name, namespace },
  });
  const deadline = performance.now() + watchMilliseconds;
  let first: string | undefined;
  const changes = await cluster.watch([
    { path: `/api/v1/namespaces/${namespace}/pods`, labels },
    { path: `/apis/apps/v1/namespaces/${namespace}/deployments`, fields: `metadata.name=${plan.names.deployment}` },
    { path: `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`, labels: ofService },
  ]);
  try {
    for (;;) {
      const [deployment, pods, slices] = await Promise.all([
        cluster.read<V1Deployment>(named("apps/v1", "Deployment", plan.names.deployment)),
        cluster.list<V1Pod>({ apiVersion: "v1", kind: "Pod" }, namespace, { labels }),
        cluster.list<V1EndpointSlice>({ apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice" }, namespace, {
          labels: ofService,
        }),
      ]);
      const pod = currentPod({ deployment, pods });
      for (const ended of podsInTheWay({ deployment, pods }))
        if (belongsAsPod(ended, plan)) await cluster.remove(ended);
      const uid = pod?.metadata?.uid;
      const events =
        uid === undefined
          ? []
          : await cluster.list<CoreV1Event>({ apiVersion: "v1", kind: "Event" }, namespace, {
              fields: `involvedObject.uid=${uid}`,
            });
      const missing = pod ? await reallyMissing(cluster, namespace, missingFor(pod, events)) : [];
      const sighting = judgeStart({ deployment, pods, slices, events, missing }, plan, new Date());
      const remaining = deadline - performance.now();
      if (!("seen" in sighting) || sighting.seen === "ready" || remaining <= 0) return sighting;
      // News is returned at once: people see it as progress.
      if (sighting.message !== (first ??= sighting.message)) return sighting;
      await changes.next(remaining);
    }
  } finally {
    changes.close();
  }
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
