import { nodeLabel } from "./policy-text.ts";

/** Where desktops may ask for names: pods with a label, in one namespace or (null) in any, or one address; on one port. */
export type DnsServer =
  { namespace: string | null; label: [key: string, value: string]; port: number } | { cidr: string; port: number };

/**
 * What most clusters have, each in its own namespace: a label alone can be put on any pod. `kube-dns` is the label of CoreDNS in kubeadm, AKS, EKS, GKE, k3s, RKE2 and others. NodeLocal
 * DNSCache listens on 169.254.20.10 (kubernetes, cluster/addons/dns/nodelocaldns/README.md), or, where Cilium redirects to
 * it, is a pod. On OpenShift the Service's port 53 leads to 5353 of the pods, and network policies see that one.
 */
export const usualDnsServers = [
  "kube-system/k8s-app=kube-dns:53",
  "kube-system/k8s-app=node-local-dns:53",
  "169.254.20.10:53",
  "openshift-dns/dns.operator.openshift.io/daemonset-dns=default:5353",
].join(",");

/**
 * Where clouds tell a machine who it is, with its tokens: never opened, on whatever port. All clouds; AWS (ECS, EKS Pod
 * Identity, IPv6), Google (IPv6), Alibaba; and Azure's platform address.
 */
const forbidden: ReadonlySet<string> = new Set([
  ...["169.254.169.254/32", "169.254.170.2/32", "169.254.170.23/32", "100.100.100.200/32", "168.63.129.16/32"],
  ...["fd00:ec2::254/128", "fd00:ec2::23/128", "fd20:ce::254/128"],
]);

/**
 * Reads `namespace/label=value:port` (`*` is any namespace), `169.254.20.10:port` or `[fd00::10]:port`.
 *
 * @returns the server, or what is wrong
 */
export function parseDnsServer(text: string): DnsServer | { fault: string } {
  const [, place = "", digits = ""] = /^(.+):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (port < 1 || port > 65_535)
    return { fault: "has an item without a port (namespace/label=value:53, 169.254.20.10:53)" };

  const [, namespace, label = ""] = /^(\*|[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)\/(.+=.+)$/.exec(place) ?? [];
  if (namespace !== undefined && nodeLabel.test(label)) {
    const [key = "", value = ""] = label.split("=");
    return { namespace: namespace === "*" ? null : namespace, label: [key, value], port };
  }
  const cidr = addressOf(place);
  if (cidr === null)
    return {
      fault:
        "has an item that is neither namespace/label=value:port nor an address with a port (169.254.20.10:53, [fd00::10]:53)",
    };
  if (forbidden.has(cidr))
    return { fault: "names an address that clouds have for themselves, which no desktop may reach (use another)" };
  return { cidr, port };
}

/** The range of this one address, as Kubernetes writes it; null if it is none, or is an IPv4 address inside an IPv6 one. */
function addressOf(place: string): string | null {
  const [, v4] = /^(\d{1,3}(?:\.\d{1,3}){3})(?:\/32)?$/.exec(place) ?? [];
  if (v4 !== undefined)
    return v4.split(".").every((part) => Number(part) <= 255 && String(Number(part)) === part) && v4 !== "0.0.0.0"
      ? `${v4}/32`
      : null;
  const [, bracketed, bare] = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9a-fA-F:.]+)\/128)$/.exec(place) ?? [];
  const address = bracketed ?? bare;
  if (address === undefined || !URL.canParse(`http://[${address}]`)) return null;
  const v6 = new URL(`http://[${address}]`).hostname.slice(1, -1); // in its shortest form
  return v6 === "::" || v6.startsWith("::ffff:") || v6.startsWith("64:ff9b:") ? null : `${v6}/128`;
}
