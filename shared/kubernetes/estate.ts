import type { KubernetesObject, V1NetworkPolicy, V1SelfSubjectAccessReview } from "@kubernetes/client-node";
import { type DesktopPlan, portsOf } from "../desktop/plan.ts";
import type { Pods, Right } from "../lifecycle/doctor/facts.ts";
import { selectorText } from "../lifecycle/doctor/facts.ts";
import { describeEdges, isClosedByDefault, openingsBeyond } from "../lifecycle/isolation.ts";
import type { Cluster } from "./cluster.ts";
import { RefusedByCluster } from "./cluster-faults.ts";
import { label, manager } from "./labels.ts";
import { networkPolicyManifest, podsOf, type Site } from "./manifests.ts";
import { readNetworkPolicy } from "./network-policies.ts";

/** What the doctor looks at in a cluster. Nothing is changed. Everything throws what the cluster's calls throw. */
export interface EstateInCluster {
  /** Those of the rights that the API server does not give to our account. Needs no right itself (system:basic-user). */
  missingRights(needed: readonly Right[]): Promise<Right[]>;
  /** The versions of a group that are served, and what is served in `v1`; null if there is no such group. */
  served(group: string): Promise<{ versions: string[]; resources: string[] } | null>;
  hasPods(pods: Pods): Promise<boolean>;
  /** True if the API server refuses an object that the account's role allows, and infra/kubernetes/base/admission.yaml does not. */
  isLimited(): Promise<boolean>;
  /** How far others' policies open a desktop of this plan, in words, and whether desktops are closed without a policy of their own. */
  isolation(plan: DesktopPlan): Promise<{ openings: string[]; isClosedByDefault: boolean }>;
}

export function estateIn(cluster: Cluster, site: Site): EstateInCluster {
  const { namespace } = site;
  return {
    async missingRights(needed) {
      const isAllowed = async ({ group, resource: path, verb, namespace: where }: Right) => {
        const [resource, subresource] = path.split("/");
        const review = await cluster.review<V1SelfSubjectAccessReview>({
          apiVersion: "authorization.k8s.io/v1",
          kind: "SelfSubjectAccessReview",
          spec: {
            resourceAttributes: {
              ...{ group, verb, namespace: where },
              ...(resource !== undefined && { resource }),
              ...(subresource !== undefined && { subresource }),
            },
          },
        });
        return review.status?.allowed === true;
      };
      // The first one alone: the client then knows the group, and an API server that is away is asked once.
      const [first, ...others] = needed;
      const missing: Right[] = first && !(await isAllowed(first)) ? [first] : [];
      for (let at = 0; at < others.length; at += reviewsAtOnce) {
        const some = others.slice(at, at + reviewsAtOnce);
        const allowed = await Promise.all(some.map(isAllowed));
        missing.push(...some.filter((_right, index) => !allowed[index]));
      }
      return missing;
    },
    served: (group) => cluster.served(group),
    async hasPods({ namespace: where, labels }) {
      const pods = { apiVersion: "v1", kind: "Pod" };
      const page = await cluster.page(pods, where ?? "", { labels: selectorText(labels), limit: 1 });
      return (page?.items.length ?? 0) > 0;
    },
    async isLimited() {
      try {
        await cluster.wouldCreate(probe(namespace));
        return false;
      } catch (error) {
        if (isRefusalByPolicy(error)) return true;
        throw error;
      }
    },
    async isolation(plan) {
      const policies = { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy" };
      const labels = `${label.managedBy}!=${manager}`;
      const others = (await cluster.list<V1NetworkPolicy>(policies, namespace, { labels })).map(readNetworkPolicy);
      const openings = openingsBeyond(readNetworkPolicy(networkPolicyManifest(plan, site)), others, {
        labels: podsOf(plan),
        ports: portsOf(plan).map((port) => ({ ...port, protocol: "TCP" })),
      });
      return {
        openings: [...Map.groupBy(openings, ({ policy }) => policy)].map(([policy, found]) => {
          const edges = describeEdges([...new Set(found.map(({ edge }) => edge))]);
          return `NetworkPolicy ${policy} opens desktops beyond what the product allows: ${edges}`;
        }),
        isClosedByDefault: isClosedByDefault(others, label.deploymentName),
      };
    },
  };
}

/** Few of the calls that a process makes at once: those for people who wait take turns with these. */
const reviewsAtOnce = 4;

/** The role allows it, since person records are ConfigMaps. It is tried only, and never kept. */
const probe = (namespace: string): KubernetesObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "guacamole-workspaces-doctor", namespace },
});

/**
 * An admission policy, of Kubernetes (422) or of Kyverno or Gatekeeper (400, 403), says that it denied the request
 * (apiserver 1.37.2, "ValidatingAdmissionPolicy … denied request"; "admission webhook … denied the request"). A quota and a
 * namespace that is being deleted refuse with other words.
 */
function isRefusalByPolicy(error: unknown): boolean {
  return (
    error instanceof RefusedByCluster &&
    [400, 403, 422].includes(error.status) &&
    /denied (?:the )?request/.test(error.message)
  );
}
