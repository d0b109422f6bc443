import { inOrder, type Step } from "./saga.ts";

/**
 * How a desktop comes up. Order of trust: network policy before pod, readiness before rows, permission last. Access to
 * a pod that is gone, or is about to be replaced, is withdrawn until then. The person's other desktop loses its
 * permission just before the new one gets it, so that two can never be opened at once; it gets it back if the last
 * steps fail.
 */
export const activationSteps: readonly Step[] = inOrder([
  { name: "entitlement", do: "checkEntitlement" },
  { name: "database", poll: "ensureDatabaseRunning", withinSeconds: () => 600, late: "database-not-running" },
  { name: "before", do: "observeDesktop" },
  { name: "stale access", do: "withdrawStaleAccess" },
  { name: "credential", do: "createCredential", undo: "deleteCredential" },
  { name: "network policy", do: "applyNetworkPolicy", undo: "deleteNetworkPolicy" },
  { name: "service", do: "applyService", undo: "deleteService" },
  { name: "deployment", do: "createDeployment", undo: "removeDeployment" },
  {
    name: "readiness",
    poll: "waitReady",
    withinSeconds: ({ plan }) => plan.readyWithinSeconds,
    late: "not-ready-in-time",
  },
  { name: "connection", do: "writeConnection", undo: "removeConnection" },
  { name: "other desktops", do: "withdrawOthers", undo: "restoreOthers" },
  { name: "permission", do: "grantPermission", undo: "revokePermission" },
  { name: "binding status", do: "recordActive", undo: "restoreBindingStatus" },
]);
