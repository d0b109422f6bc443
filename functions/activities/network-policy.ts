import type { Services } from "../services.ts";
import type { Implements } from "./activity.ts";

export function networkPolicyActivities({
  desktops,
}: Services): Implements<"applyNetworkPolicy" | "deleteNetworkPolicy"> {
  return {
    applyNetworkPolicy: ({ plan }) => desktops.applyNetworkPolicy(plan),
    async deleteNetworkPolicy({ plan, before }) {
      if (!before.networkPolicy) await desktops.remove("networkPolicy", plan);
      return null;
    },
  };
}
