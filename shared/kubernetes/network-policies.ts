import type {
  V1LabelSelector,
  V1NetworkPolicy,
  V1NetworkPolicyPeer,
  V1NetworkPolicyPort,
} from "@kubernetes/client-node";
import type { IsolationPolicy, Peer, Port, TrafficRule } from "../lifecycle/isolation.ts";
import type { Requirement } from "../lifecycle/label-sets.ts";

/**
 * What a NetworkPolicy says, with the API's rules for what is missing (kubernetes.io/docs/reference/kubernetes-api,
 * NetworkPolicySpec): ingress is always dealt with unless policyTypes says otherwise, egress if it has rules; a rule without
 * peers, or without ports, is about all of them.
 */
export function readNetworkPolicy({ metadata, spec }: V1NetworkPolicy): IsolationPolicy {
  const namespace = metadata?.namespace ?? "";
  const { ingress = [], egress = [], podSelector } = spec ?? {};
  const types = spec?.policyTypes ?? ["Ingress", ...(egress.length > 0 ? ["Egress"] : [])];
  const rule = (peers: V1NetworkPolicyPeer[] | undefined, ports: V1NetworkPolicyPort[] | undefined): TrafficRule => ({
    peers: peers && peers.length > 0 ? peers.map((peer) => readPeer(peer, namespace)) : null,
    ports: ports && ports.length > 0 ? ports.map(readPort) : null,
  });
  return {
    name: metadata?.name ?? "",
    pods: readSelector(podSelector),
    ingress: types.includes("Ingress") ? ingress.map(({ _from, ports }) => rule(_from, ports)) : null,
    egress: types.includes("Egress") ? egress.map(({ to, ports }) => rule(to, ports)) : null,
  };
}

function readPeer({ ipBlock, namespaceSelector, podSelector }: V1NetworkPolicyPeer, namespace: string): Peer {
  if (ipBlock) return { cidr: ipBlock.cidr, except: ipBlock.except ?? [] };
  const own: Requirement[] = [{ key: "kubernetes.io/metadata.name", operator: "In", values: [namespace] }];
  return { namespaces: namespaceSelector ? readSelector(namespaceSelector) : own, pods: readSelector(podSelector) };
}

function readSelector({ matchLabels = {}, matchExpressions = [] }: V1LabelSelector = {}): Requirement[] {
  return [
    ...Object.entries(matchLabels).map(([key, value]) => ({ key, operator: "In" as const, values: [value] })),
    ...matchExpressions.map(({ key, operator, values = [] }) => ({
      key,
      operator: operator as Requirement["operator"],
      values,
    })),
  ];
}

function readPort({ protocol = "TCP", port, endPort }: V1NetworkPolicyPort): Port {
  return { protocol, port: port, endPort };
}
