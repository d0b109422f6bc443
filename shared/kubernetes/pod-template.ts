import type { V1Container, V1Deployment, V1PodSpec, V1PodTemplateSpec } from "@kubernetes/client-node";
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

/** What is never so in a template of ours, whoever says that they wrote it: admission may change what we apply, as us. */
function unsafe({ metadata, spec }: V1PodTemplateSpec): string[] {
  const [desktop, ...more] = spec?.containers ?? [];
  const others = {
    "spec.containers": more.length > 0,
    "metadata.labels": metadata?.labels?.[label.deploymentName] === undefined,
  };
  return [
    ...thatAreSo(unsafeOfPod(spec)).map((name) => `spec.${name}`),
    ...thatAreSo(unsafeOfContainer(desktop)).map((name) => `spec.containers.desktop.${name}`),
    ...thatAreSo(others),
  ];
}

/** Their names: mostly none, of what is looked at in each of thousands of desktops. */
function thatAreSo(found: Readonly<Record<string, boolean>>): string[] {
  return Object.keys(found).filter((name) => found[name]);
}

function unsafeOfPod(spec: V1PodSpec | undefined): Record<string, boolean> {
  const { seccompProfile, appArmorProfile, sysctls = [] } = spec?.securityContext ?? {};
  const readsNodeOrToken = (spec?.volumes ?? []).some(
    ({ hostPath, projected }) =>
      hostPath !== undefined ||
      (projected?.sources ?? []).some(({ serviceAccountToken }) => serviceAccountToken !== undefined),
  );
  return {
    hostNetwork: spec?.hostNetwork === true,
    hostPID: spec?.hostPID === true,
    hostIPC: spec?.hostIPC === true,
    automountServiceAccountToken: spec?.automountServiceAccountToken !== false,
    serviceAccountName: !["", "default"].includes(spec?.serviceAccountName ?? ""),
    initContainers: (spec?.initContainers ?? []).length > 0,
    volumes: readsNodeOrToken,
    "securityContext.seccompProfile": seccompProfile?.type !== "RuntimeDefault",
    "securityContext.appArmorProfile": appArmorProfile?.type === "Unconfined",
    "securityContext.sysctls": sysctls.length > 0,
  };
}

function unsafeOfContainer(container: V1Container | undefined): Record<string, boolean> {
  const { allowPrivilegeEscalation, privileged, capabilities, procMount, seccompProfile, appArmorProfile } =
    container?.securityContext ?? {};
  const { drop = [], add = [] } = capabilities ?? {};
  return {
    ports: (container?.ports ?? []).some(({ hostPort = 0 }) => hostPort !== 0),
    "securityContext.allowPrivilegeEscalation": allowPrivilegeEscalation !== false,
    "securityContext.privileged": privileged === true,
    "securityContext.capabilities": !drop.includes("ALL") || add.length > 0,
    "securityContext.procMount": procMount !== undefined && procMount !== "Default",
    "securityContext.seccompProfile": seccompProfile?.type === "Unconfined",
    "securityContext.appArmorProfile": appArmorProfile?.type === "Unconfined",
  };
}
