import type { Services } from "../services.ts";
import type { Implements } from "./activity.ts";

/** Mirrors a desktop's state into its binding, as the operator did. A binding by claims is shared and has no status. */
export function bindingStatusActivities({
  workspaces,
  now,
}: Services): Implements<"recordActive" | "restoreBindingStatus" | "recordSuspended"> {
  return {
    async recordActive({ plan }) {
      if (!plan.binding.personal) return null;
      const deploymentName = plan.names.deployment;
      const lastActiveCheck = now().toISOString();
      await workspaces.recordBinding(plan.binding.name, 1, {
        statusText: "ACTIVE",
        deploymentName,
        replicas: 1,
        lastActiveCheck,
      });
      return null;
    },
    async restoreBindingStatus({ plan, before }) {
      if (plan.binding.personal)
        await workspaces.recordBinding(plan.binding.name, before.binding.replicas, before.binding.status);
      return null;
    },
    async recordSuspended({ binding, names }) {
      if (binding === undefined) return null;
      await workspaces.recordBinding(binding, 0, {
        statusText: "READY",
        deploymentName: names.deployment,
        replicas: 0,
        lastActiveCheck: now().toISOString(),
      });
      return null;
    },
  };
}
