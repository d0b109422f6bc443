import type { TakeDownStep } from "./take-down.ts";

/**
 * How a desktop is removed: access first, then the sessions that are open, the pod before the network policy that confines it, and the rows only when
 * nothing is left in the cluster, because leftovers are found by them. The pod goes even if access cannot be withdrawn.
 * Any other failure stops the removal, and the next retirement continues it.
 */
export const retirementSteps: readonly TakeDownStep[] = [
  { name: "permission", do: "withdrawPermission" },
  { name: "sessions", do: "endTunnels", since: "1.1" },
  { name: "deployment", do: "retireDeployment", stopIfFailed: true },
  { name: "service", do: "retireService", stopIfFailed: true },
  { name: "credential", do: "retireCredential", stopIfFailed: true },
  { name: "network policy", do: "retireNetworkPolicy", stopIfFailed: true },
  { name: "connection", do: "retireConnection", stopIfFailed: true },
  { name: "binding status", do: "recordRetired", stopIfFailed: true },
];
