import { BlockList, isIPv6 } from "node:net";
import type { V1LabelSelector, V1NetworkPolicy, V1NetworkPolicyPeer } from "@kubernetes/client-node";

/** Where a packet goes: to a pod, or to an address that is no pod's. */
export type Target = { namespace: string; labels: Readonly<Record<string, string>> } | { address: string };

/**
 * True if the policy, alone, lets its pods connect there (kubernetes.io/docs/concepts/services-networking/network-policies):
 * rules and the peers of one add up, the selectors of one peer must all match, and without ports all are meant.
 */
export function letsOut(
  { metadata, spec }: V1NetworkPolicy,
  target: Target,
  port: number,
  protocol: "TCP" | "UDP" | "SCTP",
): boolean {
  return (spec?.egress ?? []).some(
    ({ to, ports }) =>
      (!ports || ports.some((each) => each.port === port && (each.protocol ?? "TCP") === protocol)) &&
      (!to || to.some((peer) => matches(peer, target, metadata?.namespace ?? ""))),
  );
}

function matches(
  { ipBlock, namespaceSelector, podSelector }: V1NetworkPolicyPeer,
  target: Target,
  own: string,
): boolean {
  if (ipBlock)
    return (
      "address" in target &&
      inRange(target.address, ipBlock.cidr) &&
      !(ipBlock.except ?? []).some((cidr) => inRange(target.address, cidr))
    );
  if (!("namespace" in target)) return false;
  const names = { "kubernetes.io/metadata.name": target.namespace };
  return (
    (namespaceSelector ? selects(namespaceSelector, names) : target.namespace === own) &&
    (!podSelector || selects(podSelector, target.labels))
  );
}

export function selects(
  { matchLabels = {}, matchExpressions = [] }: V1LabelSelector,
  labels: Readonly<Record<string, string>>,
): boolean {
  if (matchExpressions.some(({ operator }) => operator !== "Exists"))
    throw new Error("select by other expressions than Exists: not imitated here, since no policy of ours has any");
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key }) => labels[key] !== undefined)
  );
}

function inRange(address: string, cidr: string): boolean {
  const [network = "", bits] = cidr.split("/");
  const family = isIPv6(network) ? "ipv6" : "ipv4";
  if (isIPv6(address) !== (family === "ipv6")) return false;
  const range = new BlockList();
  range.addSubnet(network, Number(bits), family);
  return range.check(address, family);
}
