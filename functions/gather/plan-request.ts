import { isRefusal, ProductError, type Refusal } from "../../shared/errors.ts";
import type { DesktopPlan } from "../../shared/desktop/plan.ts";
import type { DesktopRequest } from "../../shared/person/record.ts";
import type { Services } from "../services.ts";
import { type Deciding, decidingFor } from "./person-may.ts";
import { planStart } from "./plan.ts";
import { personNow } from "./standing.ts";

/** Plans the desktop that a request wants, and what allows it; refuses if the person may not have it now. */
export async function planRequest(
  services: Services,
  { username, workspace, claims, claimsReduced, subject }: DesktopRequest,
  info: (message: string) => void,
): Promise<{ plan: DesktopPlan; deciding: Deciding } | Refusal> {
  if (workspace === null) throw new ProductError("internal", "check entitlement: the request names no workspace");
  const person = await personNow(services, { username, claims, claimsReduced }, subject, info);
  if (isRefusal(person)) return person;
  const deciding = await decidingFor(services, person, workspace);
  const plan = await planStart(services, person, workspace, deciding);
  return isRefusal(plan) ? plan : { plan, deciding };
}
