import type { Cluster } from "../shared/kubernetes/cluster.ts";
import { desktopsIn } from "../shared/kubernetes/desktops.ts";
import type { Site } from "../shared/kubernetes/manifests.ts";
import { nameDesktop } from "../shared/desktop/names.ts";
import type { DesktopPlan } from "../shared/desktop/plan.ts";
import type { DesktopRequest } from "../shared/person/record.ts";
import { type DesktopPolicy, parsePolicy, type PolicyTexts } from "../shared/desktop/policy.ts";

export const sampleRules = {
  namespace: "guacamole",
  clusterDomain: "cluster.local",
  entityTemplate: "{workspace}@{username}",
};

export const sampleSite: Site = {
  namespace: "guacamole",
  dns: [{ namespace: null, label: ["k8s-app", "kube-dns"], port: 53 }],
  guacd: { namespace: "guacamole", labels: { app: "guacd" } },
};

/** DNS servers of every kind. */
const everyDnsServer: Site["dns"] = [
  { namespace: null, label: ["k8s-app", "kube-dns"], port: 53 },
  { namespace: "openshift-dns", label: ["dns.operator.openshift.io/daemonset-dns", "default"], port: 5353 },
  { cidr: "169.254.20.10/32", port: 53 },
  { cidr: "fd00::10/128", port: 53 },
];

/**
 * A changed setting for DNS is drift of a desktop that was made before, which applying the network policy again ends: what
 * a reconciliation finds and does. Throws if the API server refuses a server of any kind.
 */
export async function changeDnsServers(cluster: Cluster, plan: DesktopPlan): Promise<string[][]> {
  const before = desktopsIn(cluster, sampleSite, sampleRules);
  const after = desktopsIn(cluster, { ...sampleSite, dns: everyDnsServer }, sampleRules);
  const look = async () => {
    const [parts] = await after.networkParts(plan.username);
    return after.networkDrift(plan, parts).map(({ kind }) => kind);
  };
  const refusals = [await before.applyService(plan), await before.applyNetworkPolicy(plan)];
  const found = [await look()];
  refusals.push(await after.applyNetworkPolicy(plan));
  found.push(await look());
  const refused = refusals.find((refusal) => refusal !== null);
  if (refused) throw new Error(refused.reason);
  return found;
}

/** Returns the policy that results from these texts and the defaults. */
export function samplePolicy(texts: PolicyTexts = {}): DesktopPolicy {
  const policy = parsePolicy({
    image: "example.org/desktop@sha256:0123",
    browserUrl: "https://jupyter.example.org",
    ...texts,
  });
  if ("faults" in policy) throw new Error(`sample policy: ${JSON.stringify(policy.faults)}`);
  return policy;
}

/** Returns the request that a pod is started for. */
export function sampleStart(id: string): Pick<DesktopRequest, "id" | "requestedAt"> {
  return { id, requestedAt: "2026-11-24T09:00:00.000Z" };
}

/** Returns a valid plan, of which tests change one thing. */
export function samplePlan(change: Partial<DesktopPlan> = {}): DesktopPlan {
  const key = { workspace: change.workspace ?? "cohort-a", username: change.username ?? "alice" };
  return {
    ...key,
    names: nameDesktop(key, sampleRules),
    ...samplePolicy(),
    until: "2026-12-31",
    binding: { name: "cohort-a-alice", personal: true },
    ...change,
  };
}
