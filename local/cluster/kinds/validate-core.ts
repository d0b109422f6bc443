import { isIP } from "node:net";
import { isDeepStrictEqual } from "node:util";
import { typed, type KubeObject } from "../objects.ts";
import { duplicate, refused, required, unsupported, wrong, type Cause } from "../status.ts";
import { checkConfigKeys, checkLabels, checkName } from "./names.ts";
import { checkPort, checkPortOrName, checkProtocol } from "./validate-ports.ts";

const serviceTypes = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];

export function validateService(object: KubeObject): Cause[] {
  const { spec } = typed("services", object);
  const causes: Cause[] = [];
  const ports = spec.ports ?? [];
  const seen = new Set<string>();
  if (ports.length === 0 && spec.type !== "ExternalName" && spec.clusterIP !== "None")
    causes.push(required("spec.ports"));
  ports.forEach((port, i) => {
    const field = `spec.ports[${i}]`;
    if (port.name !== undefined) causes.push(...checkName(port.name, "label", `${field}.name`));
    else if (ports.length > 1) causes.push(required(`${field}.name`));
    causes.push(...checkPort((port as Partial<typeof port>).port ?? 0, `${field}.port`));
    causes.push(...checkProtocol(port.protocol, `${field}.protocol`));
    causes.push(...checkPortOrName(port.targetPort, `${field}.targetPort`));
    if (port.name !== undefined && seen.has(port.name)) causes.push(duplicate(`${field}.name`, port.name));
    if (port.name !== undefined) seen.add(port.name);
    const { protocol = "", port: number } = port;
    if (ports.slice(0, i).some((other) => other.port === number && other.protocol === protocol)) {
      const shown = { Name: "", Protocol: protocol, AppProtocol: null, Port: number, TargetPort: 0, NodePort: 0 };
      causes.push(duplicate(field, shown));
    }
  });
  causes.push(...checkLabels(spec.selector ?? {}, "spec.selector"));
  if (!serviceTypes.includes(spec.type ?? "")) causes.push(unsupported("spec.type", spec.type, serviceTypes));
  const address = spec.clusterIP;
  if (address !== undefined && address !== "None" && isIP(address) === 0) {
    causes.push(wrong("spec.clusterIPs[0]", address, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"));
  }
  return causes;
}

export function validateServiceUpdate(object: KubeObject, before: KubeObject): Cause[] {
  const now = typed("services", object).spec.clusterIP;
  const then = typed("services", before).spec.clusterIP;
  if (now === then) return [];
  return [wrong("spec.clusterIPs[0]", now === undefined ? null : [now], "may not change once set")];
}

export function validateConfigMap(object: KubeObject): Cause[] {
  return [...checkConfigKeys(object["data"], "data"), ...checkConfigKeys(object["binaryData"], "binaryData")];
}

export function validateSecret(object: KubeObject): Cause[] {
  return checkConfigKeys(object["data"], "data");
}

/** `type` of a Secret never changes; with `immutable: true`, neither do the contents of a Secret or ConfigMap. */
export function validateContentUpdate(object: KubeObject, before: KubeObject): Cause[] {
  const causes: Cause[] = [];
  if (object["type"] !== before["type"]) causes.push(wrong("type", object["type"], "field is immutable"));
  if (before["immutable"] !== true) return causes;
  if (object["immutable"] !== true) causes.push(refused("immutable", "field is immutable when `immutable` is set"));
  for (const field of ["data", "binaryData"]) {
    if (!isDeepStrictEqual(object[field], before[field])) {
      causes.push(refused(field, "field is immutable when `immutable` is set"));
    }
  }
  return causes;
}

export function validateEvent(object: KubeObject): Cause[] {
  const involved = typed("events", object).involvedObject.namespace ?? "default";
  if (involved === object.metadata.namespace) return [];
  return [wrong("involvedObject.namespace", involved, "does not match event.namespace")];
}
