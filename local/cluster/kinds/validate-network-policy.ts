import { isIP } from "node:net";
import { isJsonObject, type JsonObject, type KubeObject } from "../objects.ts";
import { required, unsupported, wrong, type Cause } from "../status.ts";
import { checkPortOrName, listOf } from "./validate-ports.ts";

/** Faults of a NetworkPolicy. Source: pkg/apis/networking/validation of Kubernetes. */
export function validateNetworkPolicy({ spec = {} }: KubeObject): Cause[] {
  const types = Array.isArray(spec["policyTypes"]) ? spec["policyTypes"] : [];
  return [
    ...checkSelector(spec["podSelector"], "spec.podSelector"),
    ...listOf(spec["ingress"]).flatMap((rule, i) => checkRule(rule, "from", `spec.ingress[${i}]`)),
    ...listOf(spec["egress"]).flatMap((rule, i) => checkRule(rule, "to", `spec.egress[${i}]`)),
    ...types.flatMap((type, i) =>
      type === "Ingress" || type === "Egress"
        ? []
        : [unsupported(`spec.policyTypes[${i}]`, type, ["Ingress", "Egress"])],
    ),
  ];
}

function checkRule(rule: JsonObject, side: "from" | "to", field: string): Cause[] {
  return [
    ...listOf(rule["ports"]).flatMap(({ port }, i) =>
      port === undefined ? [] : checkPortOrName(port, `${field}.ports[${i}].port`),
    ),
    ...listOf(rule[side]).flatMap((peer, i) => checkPeer(peer, `${field}.${side}[${i}]`)),
  ];
}

function checkPeer({ podSelector, namespaceSelector, ipBlock }: JsonObject, field: string): Cause[] {
  if (podSelector === undefined && namespaceSelector === undefined && ipBlock === undefined)
    return [required(field, "must specify a peer")];
  return [
    ...checkSelector(podSelector, `${field}.podSelector`),
    ...checkSelector(namespaceSelector, `${field}.namespaceSelector`),
    ...(isJsonObject(ipBlock) ? checkBlock(ipBlock, `${field}.ipBlock`) : []),
  ];
}

function checkBlock({ cidr, except }: JsonObject, field: string): Cause[] {
  const check = (value: unknown, at: string): Cause[] =>
    isNetwork(value) ? [] : [wrong(at, value, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)")];
  if (cidr === undefined) return [required(`${field}.cidr`)];
  const excepted = Array.isArray(except) ? except : [];
  return [...check(cidr, `${field}.cidr`), ...excepted.flatMap((each, i) => check(each, `${field}.except[${i}]`))];
}

function isNetwork(value: unknown): boolean {
  const [address = "", length = "", ...more] = typeof value === "string" ? value.split("/") : [];
  const version = isIP(address);
  return version !== 0 && more.length === 0 && /^\d{1,3}$/.test(length) && Number(length) <= (version === 4 ? 32 : 128);
}

const operators = ["In", "NotIn", "Exists", "DoesNotExist"];

function checkSelector(selector: unknown, field: string): Cause[] {
  const expressions = isJsonObject(selector) ? listOf(selector["matchExpressions"]) : [];
  return expressions.flatMap(({ operator }, i) =>
    typeof operator === "string" && operators.includes(operator)
      ? []
      : [wrong(`${field}.matchExpressions[${i}].operator`, operator, "not a valid selector operator")],
  );
}
