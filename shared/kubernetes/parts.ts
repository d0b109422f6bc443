import { isDeepStrictEqual } from "node:util";
import type { KubernetesObject, V1NetworkPolicy, V1Service } from "@kubernetes/client-node";
import { type DesktopKey, keyText, personId } from "../desktop/names.ts";
import { type DesktopPlan, portsOf } from "../desktop/plan.ts";
import { type IsolationPolicy, type Opening, openingsBeyond } from "../lifecycle/isolation.ts";
import type { Cluster } from "./cluster.ts";
import { type Difference, differences } from "./differences.ts";
import { desktopOf, isLeaving, isOurs, label, manager, purpose, valuesInSelectors } from "./labels.ts";
import { networkPolicyManifest, podsOf, serviceManifest, type Site } from "./manifests.ts";
import { readNetworkPolicy } from "./network-policies.ts";

/** The network's side of a desktop, as it is. */
export interface NetworkParts extends DesktopKey {
  service?: V1Service;
  networkPolicy?: V1NetworkPolicy;
}

/** The network's side of all desktops, and every NetworkPolicy of their namespace: what one lets pass, no other takes back. */
export interface Network {
  parts: NetworkParts[];
  policies: IsolationPolicy[];
}

const services = { apiVersion: "v1", kind: "Service" };
const networkPolicies = { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy" };
const marked = `${label.purpose}=${purpose.desktop}`;

/** Two lists, in pages. */
export async function networkIn(cluster: Cluster, { namespace }: Site): Promise<Network> {
  const [ours, policies] = await Promise.all([
    cluster.list<V1Service>(services, namespace, { labels: marked }),
    cluster.list<V1NetworkPolicy>(networkPolicies, namespace),
  ]);
  const isMarked = ({ metadata }: V1NetworkPolicy) => metadata?.labels?.[label.purpose] === purpose.desktop;
  return { parts: partsAmong(ours, policies.filter(isMarked)), policies: policies.map(readNetworkPolicy) };
}

/** Reads few policies: those of other desktops are ours, and say so. */
export async function openingsIn(cluster: Cluster, site: Site, plan: DesktopPlan): Promise<Opening[]> {
  const labels = `${label.managedBy}!=${manager}`;
  const others = await cluster.list<V1NetworkPolicy>(networkPolicies, site.namespace, { labels });
  return openingsBeyond(readNetworkPolicy(networkPolicyManifest(plan, site)), others.map(readNetworkPolicy), {
    labels: podsOf(plan),
    ports: portsOf(plan).map((port) => ({ ...port, protocol: "TCP" })),
  });
}

/** Two short lists at most: without another's policy that lets anything pass, ours are not read. */
export async function openersIn(
  cluster: Cluster,
  { namespace }: Site,
  usernames: readonly string[],
): Promise<IsolationPolicy[]> {
  const list = async (labels: string) =>
    (await cluster.list<V1NetworkPolicy>(networkPolicies, namespace, { labels })).map(readNetworkPolicy);
  const others = await list(`${label.managedBy}!=${manager}`);
  if (!others.some(({ ingress, egress }) => (ingress?.length ?? 0) + (egress?.length ?? 0) > 0)) return [];
  const own = await Promise.all(
    valuesInSelectors(usernames.map(personId)).map((people) =>
      list(`${marked},${label.managedBy}=${manager},${label.person} in (${people})`),
    ),
  );
  return [...others, ...own.flat()];
}

/** The Services and NetworkPolicies of one person that we made, by desktop; of everybody without a name. */
export async function networkPartsIn(
  cluster: Cluster,
  { namespace }: Site,
  username?: string,
): Promise<NetworkParts[]> {
  const own = username === undefined ? "" : `,${label.person}=${personId(username)}`;
  const labels = `${marked}${own}`;
  return partsAmong(
    ...(await Promise.all([
      cluster.list<V1Service>(services, namespace, { labels }),
      cluster.list<V1NetworkPolicy>(networkPolicies, namespace, { labels }),
    ])),
  );
}

function partsAmong(services: readonly V1Service[], policies: readonly V1NetworkPolicy[]): NetworkParts[] {
  const found = new Map<string, NetworkParts>();
  const add = (object: KubernetesObject, part: Partial<NetworkParts>) => {
    const key = isOurs(object) && !isLeaving(object) ? desktopOf(object) : null;
    if (!key) return;
    const id = keyText(key);
    found.set(id, { ...key, ...found.get(id), ...part });
  };
  for (const service of services) add(service, { service });
  for (const networkPolicy of policies) add(networkPolicy, { networkPolicy });
  return [...found.values()];
}

/** What of the network's side is not as the plan wants it, in words. */
export function networkDrift(
  plan: DesktopPlan,
  site: Site,
  parts: NetworkParts | undefined,
): { kind: "service" | "network-policy"; reason: string }[] {
  const { service, networkPolicy } = parts ?? {};
  const drifts: { kind: "service" | "network-policy"; reason: string }[] = [];
  if (!networkPolicy) drifts.push({ kind: "network-policy", reason: "its NetworkPolicy is missing" });
  else if (!isDeepStrictEqual(plain(networkPolicy.spec), plain(networkPolicyManifest(plan, site).spec)))
    drifts.push({ kind: "network-policy", reason: "its NetworkPolicy is not as planned" });
  if (!service) drifts.push({ kind: "service", reason: "its Service is missing" });
  else if (!isDeepStrictEqual(asMade(service), asMade(serviceManifest(plan, site))))
    drifts.push({ kind: "service", reason: "its Service is not as planned" });
  return drifts;
}

/** Which fields of the network's side are not as the plan wants them; of a part that is missing, none. */
export function networkDifferences(
  plan: DesktopPlan,
  site: Site,
  { service, networkPolicy }: Partial<NetworkParts>,
): { service: Difference[]; networkPolicy: Difference[] } {
  const wantedPolicy = networkPolicyManifest(plan, site).spec;
  return {
    service: service ? differences(asMade(service), asMade(serviceManifest(plan, site)), "spec") : [],
    networkPolicy: networkPolicy ? differences(plain(networkPolicy.spec), plain(wantedPolicy), "spec") : [],
  };
}

/** Of a Service what we say of it; the cluster adds more. */
function asMade({ spec }: V1Service): unknown {
  return plain({
    clusterIP: spec?.clusterIP,
    type: spec?.type ?? "ClusterIP",
    // They would send to the desktop what others send to these addresses, and the pod before it is ready.
    externalIPs: spec?.externalIPs ?? [],
    publishNotReadyAddresses: spec?.publishNotReadyAddresses ?? false,
    selector: spec?.selector,
    ports: spec?.ports?.map(({ name, port, targetPort, protocol }) => ({ name, port, targetPort, protocol })),
  });
}

/** Without classes, and without what is undefined. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null));
}
