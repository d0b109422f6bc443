import { isDeepStrictEqual } from "node:util";
import { isJsonObject, typed, type Deployment, type JsonObject, type KubeObject } from "../objects.ts";
import { refused, required, unsupported, wrong, type Cause } from "../status.ts";
import { matchesSelector } from "../api/selectors.ts";
import { checkLabels, checkName } from "./names.ts";

const listOf = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isJsonObject) : []);
const shownLabels = (labels: unknown): string =>
  isJsonObject(labels) ? `map[string]string${JSON.stringify(labels)}` : "map[string]string(nil)";

/** Faults of a Deployment or ReplicaSet. */
export function validateWorkload(object: KubeObject): Cause[] {
  const spec = typed("deployments.apps", object).spec as Partial<Deployment["spec"]>;
  const causes: Cause[] = [];
  const replicas = spec.replicas ?? 0;
  if (replicas < 0) causes.push(wrong("spec.replicas", replicas, "must be greater than or equal to 0"));
  const selector = spec.selector;
  if (selector === undefined) causes.push(required("spec.selector"));
  else if (Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0) {
    causes.push(wrong("spec.selector", {}, "empty selector is invalid for deployment"));
  }
  const labels = spec.template?.metadata?.labels;
  if (!selector || !matchesSelector(labels ?? {}, selector)) {
    causes.push({
      reason: "FieldValueInvalid",
      message: `Invalid value: ${shownLabels(labels)}: \`selector\` does not match template \`labels\``,
      field: "spec.template.metadata.labels",
    });
  }
  const strategy = spec.strategy;
  if (strategy?.type === "Recreate" && strategy.rollingUpdate !== undefined) {
    causes.push(refused("spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'"));
  } else if (strategy?.type !== undefined && !["Recreate", "RollingUpdate"].includes(strategy.type)) {
    causes.push(unsupported("spec.strategy.type", strategy.type, ["Recreate", "RollingUpdate"]));
  }
  causes.push(...checkLabels(labels ?? {}, "spec.template.metadata.labels"));
  const template = object.spec?.["template"];
  causes.push(...validatePodSpec(isJsonObject(template) ? template["spec"] : undefined, "spec.template.spec"));
  const restartPolicy = spec.template?.spec?.restartPolicy;
  if (restartPolicy !== undefined && restartPolicy !== "Always") {
    causes.push(unsupported("spec.template.spec.restartPolicy", restartPolicy, ["Always"]));
  }
  return causes;
}

export function validateWorkloadUpdate(object: KubeObject, before: KubeObject): Cause[] {
  if (isDeepStrictEqual(object.spec?.["selector"], before.spec?.["selector"])) return [];
  return [wrong("spec.selector", object.spec?.["selector"], "field is immutable")];
}

export function validatePod(object: KubeObject): Cause[] {
  return validatePodSpec(object.spec, "spec");
}

/** Only these fields of a pod may change once it is there. */
const mutablePodFields = ["activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds", "nodeName"];

export function validatePodUpdate(object: KubeObject, before: KubeObject): Cause[] {
  const fixed = (pod: KubeObject): JsonObject => {
    const spec: JsonObject = { ...pod.spec };
    for (const field of mutablePodFields) Reflect.deleteProperty(spec, field);
    const containers = listOf(spec["containers"]).map((container) => ({ ...container, image: "" }));
    return { ...spec, containers };
  };
  if (isDeepStrictEqual(fixed(object), fixed(before))) return [];
  return [
    refused(
      "spec",
      "pod updates may not change fields other than `spec.containers[*].image`, `spec.initContainers[*].image`, `spec.activeDeadlineSeconds` or `spec.tolerations` (only additions to existing tolerations)",
    ),
  ];
}

function validatePodSpec(value: unknown, field: string): Cause[] {
  const spec = isJsonObject(value) ? value : {};
  const volumes = new Set(listOf(spec["volumes"]).map((volume) => volume["name"]));
  const containers = listOf(spec["containers"]);
  if (containers.length === 0) return [required(`${field}.containers`)];
  const seen = new Set<unknown>();
  return containers.flatMap((container, i) => {
    const at = `${field}.containers[${i}]`;
    const name = container["name"];
    const causes = typeof name === "string" ? checkName(name, "label", `${at}.name`) : [required(`${at}.name`)];
    if (seen.has(name))
      causes.push({
        reason: "FieldValueDuplicate",
        message: `Duplicate value: ${JSON.stringify(name)}`,
        field: `${at}.name`,
      });
    seen.add(name);
    if (typeof container["image"] !== "string") causes.push(required(`${at}.image`));
    listOf(container["ports"]).forEach((port, j) => {
      causes.push(...checkPort(port["containerPort"], `${at}.ports[${j}].containerPort`));
    });
    listOf(container["env"]).forEach((env, j) => {
      if (typeof env["name"] !== "string") causes.push(required(`${at}.env[${j}].name`));
    });
    listOf(container["volumeMounts"]).forEach((mount, j) => {
      if (volumes.has(mount["name"])) return;
      const mountName = mount["name"];
      causes.push({
        reason: "FieldValueNotFound",
        message: `Not found: ${JSON.stringify(mountName)}`,
        field: `${at}.volumeMounts[${j}].name`,
      });
    });
    return causes;
  });
}

export function checkPort(port: unknown, field: string): Cause[] {
  if (port === undefined) return [required(field)];
  if (typeof port === "number" && port >= 1 && port <= 65535) return [];
  return [wrong(field, port, "must be between 1 and 65535, inclusive")];
}
