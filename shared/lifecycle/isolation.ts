import { type Addresses, addressesOf, everyAddress, representatives } from "./address-ranges.ts";
import { canMatchBeyond, type Requirement, type Requirements, requirementsOf, selects } from "./label-sets.ts";

/** Of a NetworkPolicy what decides which packets pass (kubernetes.io/docs/concepts/services-networking/network-policies). */
export interface IsolationPolicy {
  name: string;
  /** The pods of its namespace that it is for. */
  pods: readonly Requirement[];
  /** What it lets in and out; null if it does not deal with that direction. */
  ingress: readonly TrafficRule[] | null;
  egress: readonly TrafficRule[] | null;
}

/** Lets pass what comes from, or goes to, one of these peers, on one of these ports; null is any. */
export interface TrafficRule {
  peers: readonly Peer[] | null;
  ports: readonly Port[] | null;
}

/** Pods of namespaces, all of whose labels are known by requirements, or addresses. */
export type Peer =
  { namespaces: readonly Requirement[]; pods: readonly Requirement[] } | { cidr: string; except: readonly string[] };

/** All ports of the protocol if none is given; a text is the name of a container's port. */
export interface Port {
  protocol: string;
  port?: number | string | undefined;
  endPort?: number | undefined;
}

/** A pod whose isolation is judged. */
export interface JudgedPod {
  labels: Readonly<Record<string, string>>;
  ports: readonly { name: string; port: number; protocol: string }[];
}

/** What a policy lets pass, in words. */
export interface Opening {
  policy: string;
  edge: string;
}

/** A desktop's pod, and the name of the policy that was made for it. */
export interface IsolatedPod extends JudgedPod {
  policy: string;
}

/** A policy that opens desktops beyond their own, how, and how many of them. */
export interface OpenIsolation {
  policy: string;
  edges: string[];
  desktops: number;
}

/** Which policies open these desktops. A desktop without its own policy is left out: reconciliation makes that again. */
export function openIsolation(pods: readonly IsolatedPod[], policies: readonly IsolationPolicy[]): OpenIsolation[] {
  const own = new Map(policies.map((policy) => [policy.name, policy]));
  // Most policies are for one desktop: by a label that they need, only those are looked at that a pod may have.
  const byLabel = Map.groupBy(policies, ({ pods: requirements }) => {
    const need = requirements.find(({ operator, values }) => operator === "In" && values.length === 1);
    return need && `${need.key}=${need.values[0] ?? ""}`;
  });
  const found = new Map<string, { edges: Set<string>; desktops: number }>();
  for (const pod of pods) {
    const itsOwn = own.get(pod.policy);
    if (!itsOwn) continue;
    const labels = [undefined, ...Object.entries(pod.labels).map(([key, value]) => `${key}=${value}`)];
    const others = labels.flatMap((label) => byLabel.get(label) ?? []).filter((policy) => policy !== itsOwn);
    for (const [policy, openings] of Map.groupBy(openingsBeyond(itsOwn, others, pod), (opening) => opening.policy)) {
      const { edges, desktops } = found.get(policy) ?? { edges: new Set<string>(), desktops: 0 };
      found.set(policy, { edges: new Set([...edges, ...openings.map(({ edge }) => edge)]), desktops: desktops + 1 });
    }
  }
  return [...found]
    .map(([policy, { edges, desktops }]) => ({ policy, edges: [...edges], desktops }))
    .sort((one, other) => one.policy.localeCompare(other.policy));
}

/** True if there are policies that close every pod with this label, in and out, and let nothing pass. */
export function isClosedByDefault(policies: readonly IsolationPolicy[], label: string): boolean {
  const closing = policies.filter(({ pods }) =>
    pods.every(({ key, operator }) => key === label && operator === "Exists"),
  );
  return (["ingress", "egress"] as const).every((direction) => closing.some((each) => each[direction]?.length === 0));
}

/** So many rules of a policy are named. */
const mostEdges = 4;

export function describeEdges(edges: readonly string[]): string {
  const more = edges.length - mostEdges;
  return [...edges.slice(0, mostEdges), ...(more > 0 ? [`and ${more} more`] : [])].join("; ");
}

export function describeOpening({ policy, edges, desktops }: OpenIsolation): string {
  const whose = desktops === 1 ? "1 desktop" : `${desktops} desktops`;
  return `NetworkPolicy ${policy} opens ${whose} beyond what the product allows: ${describeEdges(edges)}`;
}

type Direction = "ingress" | "egress";

/**
 * What other policies let in to the pod, or out of it, beyond what its own policy does: policies add up. Nothing is left
 * out; it may name a packet that no cluster ever has, such as one from a namespace without a name.
 */
export function openingsBeyond(own: IsolationPolicy, others: readonly IsolationPolicy[], pod: JudgedPod): Opening[] {
  return others
    .filter((other) => selects(other.pods, pod.labels))
    .flatMap((other) =>
      (["ingress", "egress"] as const).flatMap((direction) =>
        (other[direction] ?? [])
          .filter((rule) => opensBeyond(rule, own[direction] ?? [], { direction, pod }))
          .map((rule) => ({ policy: other.name, edge: describeRule(direction, rule) })),
      ),
    );
}

interface Around {
  direction: Direction;
  pod: JudgedPod;
}

interface Span {
  protocol: string;
  first: number;
  last: number;
  /** The port of a pod by its name, which addresses do not have. */
  podsOnly?: true;
}

const everyPort = { first: 1, last: 65_535 };
const protocols = ["TCP", "UDP", "SCTP"];

function opensBeyond(rule: TrafficRule, own: readonly TrafficRule[], around: Around): boolean {
  const spans = spansOf(rule, around, everyPort);
  // What is named in our own policy counts for nothing: another pod may give that name to another port.
  const ownSpans = own.map((each) => ({ rule: each, spans: spansOf(each, around, null) }));
  const starts = ownSpans.flatMap(({ spans: each }) => each.flatMap(({ first, last }) => [first, last + 1]));
  return spans.some(({ protocol, first, last, podsOnly }) =>
    [first, ...starts.filter((port) => port > first && port <= last)].some((port) => {
      const allowed = ownSpans.filter(({ spans: each }) =>
        each.some((span) => span.protocol === protocol && span.first <= port && port <= span.last),
      );
      return peersBeyond(
        rule.peers,
        allowed.map(({ rule: { peers } }) => peers),
        podsOnly ?? false,
      );
    }),
  );
}

/** `unknown` is which ports a name may stand for, of a pod that nobody has seen. */
function spansOf({ ports }: TrafficRule, { direction, pod }: Around, unknown: typeof everyPort | null): Span[] {
  if (!ports) return protocols.map((protocol) => ({ protocol, ...everyPort }));
  return ports.flatMap(({ protocol, port, endPort }): Span[] => {
    if (port === undefined) return [{ protocol, ...everyPort }];
    if (typeof port === "number") return [{ protocol, first: port, last: endPort ?? port }];
    if (direction === "egress") return unknown ? [{ protocol, ...unknown, podsOnly: true }] : [];
    return pod.ports
      .filter((each) => each.name === port && each.protocol === protocol)
      .map((each) => ({ protocol, first: each.port, last: each.port }));
  });
}

/** True if there is a pod or an address among the peers that is in none of the own rules' peers. */
function peersBeyond(peers: readonly Peer[] | null, own: readonly TrafficRule["peers"][], podsOnly: boolean): boolean {
  if (own.includes(null)) return false;
  const allowed = own.flatMap((each) => each ?? []);
  const allowedPods = allowed.flatMap((peer) => ("pods" in peer ? [requirementsOfPeer(peer)] : []));
  const allowedAddresses = allowed.flatMap((peer) => ("cidr" in peer ? [addressesOf(peer)] : []));
  const pods = peers ? peers.flatMap((peer) => ("pods" in peer ? [requirementsOfPeer(peer)] : [])) : [new Map()];
  const ranges = peers ? peers.flatMap((peer) => ("cidr" in peer ? [addressesOf(peer)] : [])) : everyAddress;
  return (
    pods.some((each: Requirements | null) => each !== null && canMatchBeyond(each, allowedPods)) ||
    (!podsOnly && ranges.some((range) => addressBeyond(range, allowedAddresses)))
  );
}

function addressBeyond(range: Addresses | null, allowed: readonly (Addresses | null)[]): boolean {
  // Of a range that cannot be read, nothing is known.
  if (!range) return true;
  const known = allowed.filter((each) => each !== null);
  return representatives(range, known).some((address) => !known.some((each) => each.has(address, range.family)));
}

/** The labels of a pod and of its namespace, told apart by a prefix. */
function requirementsOfPeer({ namespaces, pods }: Extract<Peer, { pods: unknown }>): Requirements | null {
  const prefixed = (prefix: string, list: readonly Requirement[]) =>
    list.map((each) => ({ ...each, key: `${prefix} ${each.key}` }));
  return requirementsOf([...prefixed("namespace", namespaces), ...prefixed("pod", pods)]);
}

function describeRule(direction: Direction, { peers, ports }: TrafficRule): string {
  const whom = peers ? peers.map(describePeer).join(" or ") : "everywhere";
  const on = ports
    ? ports.map(
        ({ protocol, port, endPort }) => `${protocol} ${port ?? "(all)"}${endPort === undefined ? "" : `-${endPort}`}`,
      )
    : ["every port"];
  return `${direction} ${direction === "ingress" ? "from" : "to"} ${whom} on ${on.join(", ")}`;
}

function describePeer(peer: Peer): string {
  if ("cidr" in peer) return peer.except.length > 0 ? `${peer.cidr} except ${peer.except.join(", ")}` : peer.cidr;
  const pods = peer.pods.length > 0 ? `pods with ${peer.pods.map(describe).join(", ")}` : "every pod";
  return `${pods} of ${peer.namespaces.length > 0 ? `namespaces with ${peer.namespaces.map(describe).join(", ")}` : "every namespace"}`;
}

function describe({ key, operator, values }: Requirement): string {
  if (operator === "Exists") return key;
  if (operator === "DoesNotExist") return `no ${key}`;
  const [only = ""] = values;
  if (values.length === 1) return `${key}${operator === "In" ? "=" : "!="}${only}`;
  return `${key} ${operator === "In" ? "in" : "not in"} (${values.join(", ")})`;
}
