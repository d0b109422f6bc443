import { refuse } from "../../shared/errors.ts";
import { describeEdges } from "../../shared/lifecycle/isolation.ts";
import type { Services } from "../services.ts";
import type { Implements } from "./activity.ts";

export function networkPolicyActivities({
  desktops,
  settings,
}: Services): Implements<"applyNetworkPolicy" | "deleteNetworkPolicy"> {
  return {
    async applyNetworkPolicy({ plan, before }) {
      const openings = settings.ISOLATION === "required" ? await desktops.openingsIn(plan) : [];
      if (openings.length === 0) return desktops.applyNetworkPolicy(plan, !before.networkPolicy);
      const policies = [...new Set(openings.map(({ policy }) => policy))].slice(0, 3).join(", ");
      return refuse(
        "isolation-open",
        `other network policies would open the desktop (an administrator can narrow their podSelector): ${policies}: ${describeEdges(openings.map(({ edge }) => edge))}`,
      );
    },
    async deleteNetworkPolicy({ plan, before }) {
      if (!before.networkPolicy) await desktops.remove("networkPolicy", plan);
      return null;
    },
  };
}
