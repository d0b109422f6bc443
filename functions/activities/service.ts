import type { Services } from "../services.ts";
import type { Implements } from "./activity.ts";

export function serviceActivities({ desktops }: Services): Implements<"applyService" | "deleteService"> {
  return {
    applyService: ({ plan, before }) => desktops.applyService(plan, !before.service),
    async deleteService({ plan, before }) {
      if (!before.service) await desktops.remove("service", plan);
      return null;
    },
  };
}
