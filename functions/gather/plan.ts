import { decideEntitlement, type Person } from "../../shared/desktop/entitlement.ts";
import { type DesktopPlan, planDesktop } from "../../shared/desktop/plan.ts";
import { policyOf } from "../../shared/desktop/policy.ts";
import { isRefusal, type Refusal } from "../../shared/errors.ts";
import { namingRules, type Services, today } from "../services.ts";
import { namesOf } from "./names.ts";

/** Plans the desktop that this person may have in this workspace today, by the workspace's policy. */
export async function planFor(
  services: Services,
  person: Person,
  workspace: string,
  known: Parameters<typeof decideEntitlement>[2],
): Promise<DesktopPlan | Refusal> {
  const entitlement = decideEntitlement(person, workspace, known, today(services));
  if (isRefusal(entitlement)) return entitlement;
  const chosen = entitlement.workspace.policy;
  const own = chosen === undefined ? {} : await services.policies.read(chosen);
  const policy = policyOf(entitlement.workspace, services.settings.desktopDefaults, own);
  if (isRefusal(policy)) return policy;
  const names = await namesOf(services, { workspace, username: person.username }, entitlement.bindings);
  return planDesktop(person.username, entitlement, policy, namingRules(services), names.deployment);
}
