import { isRefusal, ProductError } from "../../shared/errors.ts";
import { planStart } from "../gather/plan.ts";
import { personNow } from "../gather/standing.ts";
import type { Services } from "../services.ts";
import type { Implements } from "./activity.ts";

/** Checked on the server at every activation, whatever the caller sent. */
export function entitlementActivities(services: Services): Implements<"checkEntitlement"> {
  return {
    async checkEntitlement({ request }, { info }) {
      const { username, workspace, claims, claimsReduced, subject } = request;
      if (workspace === null) throw new ProductError("internal", "check entitlement: the request names no workspace");
      const person = await personNow(services, { username, claims, claimsReduced }, subject, info);
      if (isRefusal(person)) return person;
      const plan = await planStart(services, person, workspace, await services.workspaces.known());
      return isRefusal(plan) ? plan : { plan };
    },
  };
}
