import { decideEntitlement } from "../../shared/desktop/entitlement.ts";
import { planDesktop } from "../../shared/desktop/plan.ts";
import { isRefusal, ProductError } from "../../shared/errors.ts";
import { desktopDefaults, namingRules, type Services, today } from "../services.ts";
import type { Implements } from "./activity.ts";

/** Checked on the server at every activation, whatever the caller said. */
export function entitlementActivities(services: Services): Implements<"checkEntitlement"> {
  return {
    async checkEntitlement({ request: { username, workspace, claims } }) {
      if (workspace === null) throw new ProductError("internal", "check entitlement: the request names no workspace");
      const known = await services.workspaces.known();
      const entitlement = decideEntitlement({ username, claims }, workspace, known, today(services));
      if (isRefusal(entitlement)) return entitlement;
      const plan = planDesktop(username, entitlement, desktopDefaults(services), namingRules(services));
      return isRefusal(plan) ? plan : { plan };
    },
  };
}
