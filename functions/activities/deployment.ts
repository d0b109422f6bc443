import { portsOf } from "../../shared/desktop/plan.ts";
import { keepsPod } from "../../shared/desktop/state.ts";
import type { Services } from "../services.ts";
import type { Implements } from "./activity.ts";

export function deploymentActivities({
  desktops,
}: Services): Implements<"createDeployment" | "removeDeployment" | "waitReady"> {
  return {
    createDeployment: ({ plan, before, request }) =>
      keepsPod(before, portsOf(plan)) ? desktops.keepDeployment(plan) : desktops.createDeployment(plan, request),
    async removeDeployment({ plan, before }) {
      if (!before.deployment) await desktops.remove("deployment", plan);
      else if (!keepsPod(before, portsOf(plan))) {
        await desktops.scaleToZero(plan);
        await desktops.untilStopped(plan);
      }
      return null;
    },
    waitReady: ({ plan }) => desktops.waitReady(plan),
  };
}
