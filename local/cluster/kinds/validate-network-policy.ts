import { isIPv4, isIPv6 } from "node:net";
import { isJsonObject, type JsonObject, type KubeObject } from "../objects.ts";
import { refused, required, unsupported, wrong, type Cause } from "../status.ts";
import { checkPort, checkPortOrName, checkProtocol, listOf } from "./validate-ports.ts";
import { checkSelector } from "./validate-selector.ts";

/** Faults of a NetworkPolicy. Source: pkg/apis/networking/validation of Kubernetes. */
export function validateNetworkPolicy({ spec = {} }: KubeObject): Cause[] {
  const types = Array.isArray(spec["policyTypes"]) ? spec["policyTypes"] : [];
  return [
    ...checkSelector(spec["podSelector"], "spec.podSelector"),
    ...listOf(spec["ingress"]).flatMap((rule, i) => checkRule(rule, "from", `spec.ingress[${i}]`)),
    ...listOf(spec["egress"]).flatMap((rule, i) => checkRule(rule, "to", `spec.egress[${i}]`)),
    ...(types.length > 2 ? [wrong("spec.policyTypes", types, "may not specify more than two policyTypes")] : []),
    ...types.flatMap((type, i) =>
      type === "Ingress" || type === "Egress"
        ? []
        : [unsupported(`spec.policyTypes[${i}]`, type, ["Ingress", "Egress"])],
    ),
  ];
}

function checkRule(rule: JsonObject, side: "from" | "to", field: string): Cause[] {
  return [
    ...listOf(rule["ports"]).flatMap((port, i) => checkRulePort(port, `${field}.ports[${i}]`)),
    ...listOf(rule[side]).flatMap((peer, i) => checkPeer(peer, `${field}.${side}[${i}]`)),
  ];
}

function checkRulePort({ port, endPort, protocol }: JsonObject, field: string): Cause[] {
  return [
    ...(protocol === undefined ? [] : checkProtocol(protocol, `${field}.protocol`, ["TCP", "UDP", "SCTP"])),
    ...(port === undefined ? [] : checkPortOrName(port, `${field}.port`)),
    ...(endPort === undefined ? [] : checkEndPort(port, endPort, `${field}.endPort`)),
  ];
}

function checkEndPort(port: unknown, endPort: unknown, field: string): Cause[] {
  if (port === undefined) return [wrong(field, endPort, "may not be specified when `port` is not specified")];
  if (typeof port !== "number") return [wrong(field, endPort, "may not be specified when `port` is non-numeric")];
  if (Number(endPort) < port) return [wrong(field, endPort, "must be greater than or equal to `port`")];
  return checkPort(endPort, field);
}

function checkPeer({ podSelector, namespaceSelector, ipBlock }: JsonObject, field: string): Cause[] {
  if (podSelector === undefined && namespaceSelector === undefined && ipBlock === undefined)
    return [required(field, "must specify a peer")];
  if (ipBlock !== undefined && (podSelector !== undefined || namespaceSelector !== undefined))
    return [refused(field, "may not specify both ipBlock and another peer")];
  return [
    ...checkSelector(podSelector, `${field}.podSelector`),
    ...checkSelector(namespaceSelector, `${field}.namespaceSelector`),
    ...(isJsonObject(ipBlock) ? checkBlock(ipBlock, `${field}.ipBlock`) : []),
  ];
}

function checkBlock({ cidr, except }: JsonObject, field: string): Cause[] {
  if (cidr === undefined) return [required(`${field}.cidr`)];
  const excepted = Array.isArray(except) ? except : [];
  return [
    ...checkNetwork(cidr, `${field}.cidr`),
    ...excepted.flatMap((each, i) => {
      const at = `${field}.except[${i}]`;
      const faults = checkNetwork(each, at);
      if (faults.length > 0 || isStrictlyInside(each, cidr)) return faults;
      return [wrong(at, each, "must be a strict subset of `cidr`")];
    }),
  ];
}

/** Source of the rules: IsValidCIDR of apimachinery/pkg/util/validation. */
function checkNetwork(value: unknown, field: string): Cause[] {
  const network = parseNetwork(value);
  if (!network) return [wrong(field, value, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)")];
  const { text, bits, length } = network;
  if (/^(?:[\d.]*\.)?0\d[\d.]*\/|\/0\d/.test(text))
    return [wrong(field, text, "must not have leading 0s in IP or prefix length")];
  if (/^::ffff:[\d.]+\//i.test(text)) return [wrong(field, text, "must not have an IPv4-mapped IPv6 address")];
  return /1/.test(bits.slice(length)) ? [wrong(field, text, "must not have bits set beyond the prefix length")] : [];
}

function isStrictlyInside(inner: unknown, outer: unknown): boolean {
  const [one, other] = [parseNetwork(inner), parseNetwork(outer)];
  if (!one || !other || one.bits.length !== other.bits.length) return false;
  return one.length > other.length && one.bits.startsWith(other.bits.slice(0, other.length));
}

/** `bits` are those of the address, as a text of 0 and 1. */
function parseNetwork(value: unknown): { text: string; bits: string; length: number } | null {
  const text = typeof value === "string" ? value : "";
  const [, address = "", digits = ""] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  // Node takes no leading zeros; Kubernetes finds them afterwards.
  const bits = bitsOf(address.includes(":") ? address : address.replace(/\b0+(?=\d)/g, ""));
  const length = Number(digits);
  return bits === null || length > bits.length ? null : { text, bits, length };
}

function bitsOf(address: string): string | null {
  const asBits = (part: string, radix: number, size: number) => parseInt(part, radix).toString(2).padStart(size, "0");
  if (isIPv4(address))
    return address
      .split(".")
      .map((part) => asBits(part, 10, 8))
      .join("");
  if (!isIPv6(address) || address.includes("%")) return null;
  // Without dots, and with `::` for the longest run of zeros.
  const [head = "", tail = ""] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const [first, last] = [head, tail].map((part) => part.split(":").filter(Boolean)) as [string[], string[]];
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => "0");
  return [...first, ...zeros, ...last].map((part) => asBits(part, 16, 16)).join("");
}
