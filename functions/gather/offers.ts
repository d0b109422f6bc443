import type { DesktopPlan } from "../../shared/desktop/plan.ts";
import { parsePolicy } from "../../shared/desktop/policy.ts";
import type { EnvironmentSource } from "../../shared/desktop/policy-text.ts";
import { refuse, type Refusal } from "../../shared/errors.ts";
import type { Services } from "../services.ts";

/**
 * Refuses a plan whose policy gives the desktop a Secret or ConfigMap that its owner did not offer. Those of the settings are
 * the product's operators' own choice.
 */
export async function refuseNotOffered(
  { settings, offers }: Pick<Services, "settings" | "offers">,
  plan: Given & Pick<DesktopPlan, "workspace">,
): Promise<Refusal | null> {
  const usual = parsePolicy(settings.desktopDefaults);
  const allowed = new Set("faults" in usual ? [] : sourcesOf(usual).map(textOf));
  const faults = await offers.faults(sourcesOf(plan).filter((source) => !allowed.has(textOf(source))));
  return faults.length === 0 ? null : refuse("invalid-policy", `policy of ${plan.workspace}: ${faults.join("; ")}`);
}

type Given = Pick<DesktopPlan, "environmentFrom" | "pullSecrets">;

function sourcesOf({ environmentFrom, pullSecrets }: Given) {
  return [...environmentFrom, ...pullSecrets.map((name): EnvironmentSource => ({ kind: "secret", name }))];
}

const textOf = ({ kind, name }: EnvironmentSource) => `${kind}/${name}`;
