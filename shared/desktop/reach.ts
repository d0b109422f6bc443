import { refuse, type Refusal } from "../errors.ts";
import { type Destination, parsePods, rangeOf } from "./destination.ts";
import type { DesktopPolicy } from "./policy.ts";

/** Pods or addresses that no desktop may reach, whatever its workspace's policy says. */
export type ProtectedPlace = { what: string } & (
  | { namespace: string; labels: Readonly<Record<string, string>> }
  /** Everything of a namespace on this port: the pods' labels are unknown. */
  | { namespace: string; port: number }
  | { cidr: string }
);

export interface ReachLimits {
  protected: readonly ProtectedPlace[];
  /** Whether destinations may be wider than /16. */
  wide: boolean;
  /** Namespace of the desktops. */
  namespace: string;
}

/** guacd asks nobody who they are: whoever reaches it can open any connection that its network allows. */
const guacdPort = 4822;
const widestBits = 16;

/** Our own labels begin so: pods that have one are desktops. */
const ownPrefix = "xlscsde.nhs.uk/";

/**
 * The policy within these limits, or why it is refused. A range that lies inside a protected one is refused; a wider one
 * leaves the protected addresses out.
 */
export function withinReach(workspace: string, policy: DesktopPolicy, limits: ReachLimits): DesktopPolicy | Refusal {
  const faults = reachFaults(policy.destinations, limits);
  if (faults.length > 0) return refuse("invalid-policy", `policy of ${workspace}: destinations ${faults.join("; ")}`);
  return { ...policy, destinations: policy.destinations.map((each) => withoutProtected(each, limits)) };
}

/** What is wrong with these destinations, in words that follow their name. */
export function reachFaults(destinations: readonly Destination[], limits: ReachLimits): string[] {
  return [...new Set(destinations.flatMap((destination) => faultOf(destination, limits) ?? []))];
}

function faultOf(destination: Destination, limits: ReachLimits): string | null {
  if (destination.port === guacdPort) return `reach port ${guacdPort}, which is guacd's (no desktop may reach it)`;
  const reached = limits.protected.find((place) => isReached(place, destination));
  if (reached) return `reach ${reached.what} (no desktop may reach it)`;
  if (!("cidr" in destination)) {
    const isDesktop = destination.namespace === limits.namespace && destination.label[0].startsWith(ownPrefix);
    return isDesktop ? "reach other desktops (no desktop may reach another)" : null;
  }
  const bits = Number(destination.cidr.split("/")[1]);
  return bits < widestBits && !limits.wide
    ? `have a range wider than /${widestBits} (name smaller ones, or set WIDE_DESTINATIONS to allowed)`
    : null;
}

function isReached(place: ProtectedPlace, destination: Destination): boolean {
  if ("cidr" in destination) return "cidr" in place && isInside(destination.cidr, place.cidr);
  if ("cidr" in place || place.namespace !== destination.namespace) return false;
  const [key, value] = destination.label;
  return "port" in place ? place.port === destination.port : place.labels[key] === value;
}

function withoutProtected(destination: Destination, limits: ReachLimits): Destination {
  if (!("cidr" in destination)) return destination;
  const { cidr } = destination;
  const inside = limits.protected.flatMap((place) =>
    "cidr" in place && isInside(place.cidr, cidr) ? [place.cidr] : [],
  );
  return { ...destination, except: [...new Set([...destination.except, ...inside])] };
}

function isInside(inner: string, outer: string): boolean {
  const [one, other] = [rangeOf(inner), rangeOf(outer)];
  return one !== null && other !== null && other.first <= one.first && one.last <= other.last;
}

/** What the settings and the cluster's address say that no desktop may reach. */
export function protectedPlaces({
  guacd,
  guacamole,
  database,
  apiServer,
  others,
}: {
  guacd: { namespace: string; labels: Readonly<Record<string, string>> };
  /** `namespace` is meant by a name without one. */
  /** Undefined if its pods are not known. */
  guacamole?: { namespace: string; labels: Readonly<Record<string, string>> } | undefined;
  database: { host: string; port: number; namespace: string } | null;
  /** Host of the API server's address. */
  apiServer: string;
  others: readonly ProtectedPlace[];
}): ProtectedPlace[] {
  return [
    { what: "guacd", ...guacd },
    ...(guacamole ? [{ what: "Guacamole", ...guacamole }] : []),
    {
      what: "the API server",
      namespace: "kube-system",
      labels: { component: "kube-apiserver", tier: "control-plane" },
    },
    ...hostPlaces("the API server", apiServer, 443, "default"),
    // Policies see the pod's port, which may be PostgreSQL's own behind another of the Service.
    ...[database?.port ?? 0, 5432].flatMap((port) =>
      database ? hostPlaces("the database", database.host, port, database.namespace) : [],
    ),
    ...others,
  ];
}

/** Of an address the address; of a Service in the cluster its namespace and port; of other names nothing is known. */
function hostPlaces(what: string, host: string, port: number, own: string): ProtectedPlace[] {
  if (/^[\d.]+$/.test(host)) return rangeOf(`${host}/32`) ? [{ what, cidr: `${host}/32` }] : [];
  const service = /^[-a-z0-9]+(?:\.(?<namespace>[-a-z0-9]+))?(?:\.svc(?:\..+)?)?$/.exec(host);
  return service ? [{ what, namespace: service.groups?.["namespace"] ?? own, port }] : [];
}

/** Reads `namespace/label=value` or `10.0.0.4/32` of a list of protected places. */
export function parseProtectedPlace(text: string): ProtectedPlace | null {
  const what = text;
  if (rangeOf(text)) return { what, cidr: text };
  const pods = parsePods(text);
  return pods && { what, namespace: pods.namespace, labels: Object.fromEntries([pods.label]) };
}
