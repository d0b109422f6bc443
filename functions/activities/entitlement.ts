import { isRefusal } from "../../shared/errors.ts";
import { planRequest } from "../gather/plan-request.ts";
import type { Services } from "../services.ts";
import type { Implements } from "./activity.ts";

/** Checked on the server at every activation, whatever the caller sent. */
export function entitlementActivities(services: Services): Implements<"checkEntitlement"> {
  return {
    async checkEntitlement({ request }, { info }) {
      const planned = await planRequest(services, request, info);
      if (isRefusal(planned)) return planned;
      const { plan, deciding } = planned;
      const binding = deciding.bindings.find(({ name }) => name === plan.binding.name)?.state;
      return {
        plan,
        binding: binding ?? { replicas: null, status: null },
        managedDatabase: services.settings.DATABASE_SERVER_ID !== undefined,
      };
    },
  };
}
