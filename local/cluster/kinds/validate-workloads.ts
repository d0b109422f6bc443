import { isDeepStrictEqual } from "node:util";
import { isJsonObject, typed, type Deployment, type JsonObject, type KubeObject } from "../objects.ts";
import { refused, required, unsupported, wrong, type Cause } from "../status.ts";
import { matchesSelector } from "../api/selectors.ts";
import { checkAnnotations, checkLabels } from "./names.ts";
import { validatePodSpec } from "./validate-pod-spec.ts";
import { checkNotNegative, listOf } from "./validate-ports.ts";
import { checkSelector } from "./validate-selector.ts";

const shownLabels = (labels: unknown): string => JSON.stringify(isJsonObject(labels) ? labels : null);

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
  const faults = checkSelector(selector, "spec.selector");
  if (faults.length > 0)
    causes.push(...faults, wrong("spec.selector", shownSelector(object.spec?.["selector"]), "invalid label selector"));
  else if (!selector || !matchesSelector(labels ?? {}, selector)) {
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
    const shown = { Type: strategy.type, RollingUpdate: null };
    causes.push(unsupported("spec.strategy", shown, ["Recreate", "RollingUpdate"]));
  }
  causes.push(...checkLabels(labels ?? {}, "spec.template.labels"));
  causes.push(...checkAnnotations(spec.template?.metadata?.annotations ?? {}, "spec.template.annotations"));
  const template = object.spec?.["template"];
  causes.push(...validatePodSpec(isJsonObject(template) ? template["spec"] : undefined, "spec.template.spec"));
  const restartPolicy = spec.template?.spec?.restartPolicy;
  if (restartPolicy !== undefined && restartPolicy !== "Always") {
    causes.push(unsupported("spec.template.spec.restartPolicy", restartPolicy, ["Always"]));
  }
  return [...causes, ...checkRollout(object.spec ?? {})];
}

function checkRollout({ minReadySeconds = 0, revisionHistoryLimit, progressDeadlineSeconds }: JsonObject): Cause[] {
  const deadline = "spec.progressDeadlineSeconds";
  return [
    ...checkNotNegative(revisionHistoryLimit, "spec.revisionHistoryLimit"),
    ...checkNotNegative(progressDeadlineSeconds, deadline),
    ...(typeof progressDeadlineSeconds === "number" && progressDeadlineSeconds <= Number(minReadySeconds)
      ? [wrong(deadline, progressDeadlineSeconds, "must be greater than minReadySeconds")]
      : []),
  ];
}

/** As Go shows it: without what is empty, but with each expression's key and operator. */
function shownSelector(selector: unknown): JsonObject {
  const { matchLabels, matchExpressions } = isJsonObject(selector) ? selector : {};
  const expressions = listOf(matchExpressions).map(({ key = "", operator = "", values = [] }) => ({
    key,
    operator,
    ...(Array.isArray(values) && values.length > 0 && { values }),
  }));
  return {
    ...(isJsonObject(matchLabels) && Object.keys(matchLabels).length > 0 && { matchLabels }),
    ...(expressions.length > 0 && { matchExpressions: expressions }),
  };
}

export function validateWorkloadUpdate(object: KubeObject, before: KubeObject): Cause[] {
  if (isDeepStrictEqual(object.spec?.["selector"], before.spec?.["selector"])) return [];
  return [wrong("spec.selector", object.spec?.["selector"], "field is immutable")];
}

export function validatePod(object: KubeObject): Cause[] {
  return validatePodSpec(object.spec, "spec");
}

/** The only fields of an existing pod that may change. */
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
