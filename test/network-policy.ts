import { BlockList, isIPv6 } from "node:net";
import type {
  V1LabelSelector,
  V1NetworkPolicy,
  V1NetworkPolicyPeer,
  V1NetworkPolicyPort,
} from "@kubernetes/client-node";

/** The other end of a packet: a pod, or an address that is no pod's. */
export type Target =
  | { namespace: string; labels: Labels; namespaceLabels?: Labels; ports?: Readonly<Record<string, number>> }
  | { address: string };
type Labels = Readonly<Record<string, string>>;
type Protocol = "TCP" | "UDP" | "SCTP";

/**
 * True if the policy, alone, lets its pods connect there (kubernetes.io/docs/concepts/services-networking/network-policies):
 * rules and the peers of one add up, the selectors of one peer must all match, and without ports all are meant.
 */
export function letsOut(
  { metadata, spec }: V1NetworkPolicy,
  target: Target,
  port: number,
  protocol: Protocol,
): boolean {
  const named = "namespace" in target ? (target.ports ?? {}) : {};
  return (spec?.egress ?? []).some(
    ({ to, ports }) =>
      includesPort(ports, { port, protocol, named }) &&
      (!to || to.length === 0 || to.some((peer) => matches(peer, target, metadata?.namespace ?? ""))),
  );
}

/** The same of what its pods, whose ports have these names, are sent. */
export function letsIn(
  { metadata, spec }: V1NetworkPolicy,
  source: Target,
  port: number,
  protocol: Protocol,
  named: Readonly<Record<string, number>> = {},
): boolean {
  return (spec?.ingress ?? []).some(
    ({ _from, ports }) =>
      includesPort(ports, { port, protocol, named }) &&
      (!_from || _from.length === 0 || _from.some((peer) => matches(peer, source, metadata?.namespace ?? ""))),
  );
}

/** True if the policy is for a pod with these labels, in this direction. */
export function isFor({ spec }: V1NetworkPolicy, labels: Labels, direction: "Ingress" | "Egress"): boolean {
  const types = spec?.policyTypes ?? ((spec?.egress ?? []).length > 0 ? ["Ingress", "Egress"] : ["Ingress"]);
  return types.includes(direction) && selects(spec?.podSelector ?? {}, labels);
}

function includesPort(
  ports: V1NetworkPolicyPort[] | undefined,
  packet: { port: number; protocol: Protocol; named: Readonly<Record<string, number>> },
): boolean {
  if (!ports || ports.length === 0) return true;
  return ports.some(({ port, endPort, protocol = "TCP" }) => {
    if (protocol !== packet.protocol) return false;
    if (port === undefined) return true;
    if (typeof port === "string") return packet.named[port] === packet.port;
    const first = port;
    return first <= packet.port && packet.port <= (endPort ?? first);
  });
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
  const names = { ...target.namespaceLabels, "kubernetes.io/metadata.name": target.namespace };
  return (
    (namespaceSelector ? selects(namespaceSelector, names) : target.namespace === own) &&
    (!podSelector || selects(podSelector, target.labels))
  );
}

export function selects({ matchLabels = {}, matchExpressions = [] }: V1LabelSelector, labels: Labels): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      if (operator === "Exists") return value !== undefined;
      if (operator === "DoesNotExist") return value === undefined;
      const isListed = value !== undefined && values.includes(value);
      return operator === "In" ? isListed : !isListed;
    })
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
