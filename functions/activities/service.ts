import type { Services } from "../services.ts";
import type { Implements } from "./activity.ts";

export function serviceActivities({ desktops }: Services): Implements<"applyService" | "deleteService"> {
  return {
    applyService: ({ plan }) => desktops.applyService(plan),
    async deleteService({ plan, before }) {
      if (!before.service) await desktops.remove("service", plan);
      return null;
    },
  };
}
