import { isDeepStrictEqual } from "node:util";
import { isJsonObject, typed, type KubeObject } from "../objects.ts";
import { badRequest, refused, required, wrong, type Cause } from "../status.ts";
import { checkConfigKeys, checkLabels, checkName } from "./names.ts";
import { checkPort } from "./validate-workloads.ts";

export function validateService(object: KubeObject): Cause[] {
  const { spec } = typed("services", object);
  const causes: Cause[] = [];
  const ports = spec.ports ?? [];
  if (ports.length === 0 && spec.type !== "ExternalName" && spec.clusterIP !== "None")
    causes.push(required("spec.ports"));
  ports.forEach((port, i) => {
    const field = `spec.ports[${i}]`;
    if (port.name !== undefined) causes.push(...checkName(port.name, "label", `${field}.name`));
    else if (ports.length > 1) causes.push(required(`${field}.name`));
    causes.push(...checkPort(port.port, `${field}.port`));
    if (typeof port.targetPort === "number") causes.push(...checkPort(port.targetPort, `${field}.targetPort`));
  });
  causes.push(...checkLabels(spec.selector ?? {}, "spec.selector"));
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

/** Data that is not base64 cannot even be decoded, so it is a 400 like on the real API server, not a 422. */
export function validateSecret(object: KubeObject): Cause[] {
  const data = object["data"];
  for (const value of isJsonObject(data) ? Object.values(data) : []) {
    if (typeof value === "string" && !/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value)) {
      throw badRequest(
        'Secret in version "v1" cannot be handled as a Secret: v1.Secret.Data: decode base64: illegal base64 data',
      );
    }
  }
  return checkConfigKeys(data, "data");
}

/** `type` of a Secret never changes; with `immutable: true` neither do the contents of a Secret or ConfigMap. */
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
