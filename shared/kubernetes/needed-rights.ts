import type { Settings } from "../config.ts";
import type { Right } from "../lifecycle/doctor/facts.ts";

type Rule = readonly [group: string, resource: string, verbs: readonly string[]];

/** As in infra/kubernetes/base/access.yaml, which says why; a test compares the two. */
export const desktopRules: readonly Rule[] = [
  ["", "configmaps", ["get", "create", "update", "list", "watch", "delete"]],
  ["", "secrets", ["get", "create", "patch", "delete"]],
  ["", "services", ["get", "list", "create", "patch", "delete"]],
  ["networking.k8s.io", "networkpolicies", ["get", "list", "create", "patch", "delete"]],
  ["apps", "deployments", ["get", "list", "watch", "create", "patch", "delete"]],
  ["", "pods", ["list", "watch", "delete"]],
  ["", "events", ["list", "watch"]],
  ["discovery.k8s.io", "endpointslices", ["list", "watch"]],
];

export const entitlementRules: readonly Rule[] = [
  ["xlscsde.nhs.uk", "analyticsworkspaces", ["get", "list"]],
  ["xlscsde.nhs.uk", "analyticsworkspacebindings", ["list", "watch", "get", "patch"]],
  ["xlscsde.nhs.uk", "analyticsworkspacebindings/status", ["patch"]],
];

/** As in infra/kubernetes/components/fast-starts/fast-starts.yaml, for PREPULL. */
export const fastStartRules: readonly Rule[] = [["apps", "daemonsets", ["get", "list", "create", "patch", "delete"]]];

type RightsSettings = Pick<
  Settings,
  "NAMESPACE" | "WORKSPACES_NAMESPACE" | "PREPULL" | "GUACAMOLE_LABELS" | "GUACAMOLE_NAMESPACE"
>;

/** What the product's account needs with these settings: one verb, one resource and one namespace each. */
export function neededRightsWith(settings: RightsSettings): Right[] {
  const { NAMESPACE, WORKSPACES_NAMESPACE, GUACAMOLE_NAMESPACE } = settings;
  const isElsewhere = settings.GUACAMOLE_LABELS !== undefined && GUACAMOLE_NAMESPACE !== NAMESPACE;
  return [
    ...rightsOf(desktopRules, NAMESPACE),
    ...rightsOf(entitlementRules, WORKSPACES_NAMESPACE),
    ...(settings.PREPULL === "on" ? rightsOf(fastStartRules, NAMESPACE) : []),
    ...(isElsewhere ? rightsOf([["", "pods", ["list"]]], GUACAMOLE_NAMESPACE) : []),
  ];
}

function rightsOf(rules: readonly Rule[], namespace: string): Right[] {
  return rules.flatMap(([group, resource, verbs]) => verbs.map((verb) => ({ group, resource, verb, namespace })));
}
