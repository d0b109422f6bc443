import type { TakeDownStep } from "./take-down.ts";

/**
 * How a desktop disappears: access first, the pod before the network policy that holds it, and the rows only when nothing
 * of it is left in the cluster, because what is left is found again by them. The pod goes even if access cannot be
 * withdrawn. Any other failure stops it, and the next retirement goes on from there.
 */
export const retirementSteps: readonly TakeDownStep[] = [
  { name: "permission", do: "withdrawPermission" },
  { name: "deployment", do: "retireDeployment", stopIfFailed: true },
  { name: "service", do: "retireService", stopIfFailed: true },
  { name: "credential", do: "retireCredential", stopIfFailed: true },
  { name: "network policy", do: "retireNetworkPolicy", stopIfFailed: true },
  { name: "connection", do: "retireConnection", stopIfFailed: true },
  { name: "binding status", do: "recordRetired", stopIfFailed: true },
];
