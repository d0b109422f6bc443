import { isRefusal, ProductError } from "../../shared/errors.ts";
import { planFor } from "../gather/plan.ts";
import type { Services } from "../services.ts";
import type { Implements } from "./activity.ts";

/** Checked on the server at every activation, whatever the caller sent. */
export function entitlementActivities(services: Services): Implements<"checkEntitlement"> {
  return {
    async checkEntitlement({ request: { username, workspace, claims } }) {
      if (workspace === null) throw new ProductError("internal", "check entitlement: the request names no workspace");
      const plan = await planFor(services, { username, claims }, workspace, await services.workspaces.known());
      return isRefusal(plan) ? plan : { plan };
    },
  };
}
