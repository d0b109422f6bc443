import type { V1Deployment, V1PodTemplateSpec } from "@kubernetes/client-node";
import { appliedByUs, changedByOthers } from "./field-ownership.ts";
import { label } from "./labels.ts";

/** What others may set in a pod's template: it says where and how the pod runs, not what it may reach or do. */
const harmless = [
  /^metadata\.annotations(\.|$)/,
  /^spec\.(affinity|nodeSelector|priorityClassName|schedulerName|tolerations|topologySpreadConstraints)(\.|$)/,
  /^spec\.(imagePullSecrets|terminationGracePeriodSeconds)(\.|$)/,
  /^spec\.containers\.desktop\.(resources|imagePullPolicy|livenessProbe|readinessProbe|startupProbe)(\.|$)/,
];

/**
 * What somebody changed in the template of a desktop's pods that may weaken its isolation: their fields, and what they took
 * away. What admission adds belongs to nobody, and is the cluster's own. An operator's pod that goes on is not judged.
 */
export function templateFaults(deployment: V1Deployment): string[] {
  const { template } = deployment.spec ?? {};
  if (!template || !appliedByUs(deployment)) return [];
  const changed = changedByOthers(deployment, ["f:spec", "f:template"]).filter(
    (path) => !harmless.some((each) => each.test(path)),
  );
  return [...new Set([...changed, ...unsafe(template)])].sort();
}

/** What is never so in a template of ours, whoever says that they wrote it. */
function unsafe({ metadata, spec }: V1PodTemplateSpec): string[] {
  const [first, ...more] = spec?.containers ?? [];
  const { allowPrivilegeEscalation, privileged, capabilities } = first?.securityContext ?? {};
  const found: [string, boolean][] = [
    ["spec.hostNetwork", spec?.hostNetwork === true],
    ["spec.hostPID", spec?.hostPID === true],
    ["spec.hostIPC", spec?.hostIPC === true],
    ["spec.automountServiceAccountToken", spec?.automountServiceAccountToken !== false],
    ["spec.containers", more.length > 0],
    ["spec.securityContext.seccompProfile", spec?.securityContext?.seccompProfile?.type !== "RuntimeDefault"],
    ["spec.containers.desktop.securityContext.allowPrivilegeEscalation", allowPrivilegeEscalation !== false],
    ["spec.containers.desktop.securityContext.privileged", privileged === true],
    ["spec.containers.desktop.securityContext.capabilities", !(capabilities?.drop ?? []).includes("ALL")],
    ["metadata.labels", metadata?.labels?.[label.deploymentName] === undefined],
  ];
  return found.flatMap(([path, isSo]) => (isSo ? [path] : []));
}
