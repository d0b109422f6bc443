import { type DesktopPlan, portsOf } from "../../shared/desktop/plan.ts";
import { keepsPod } from "../../shared/desktop/state.ts";
import { ProductError, type Refusal } from "../../shared/errors.ts";
import type { Services } from "../services.ts";
import type { Implements } from "./activity.ts";

/** Makes the Secret of a pod that was not started with one: only Guacamole's connection says which password it has. */
export async function adoptCredential(
  { desktops, guacamole }: Pick<Services, "desktops" | "guacamole">,
  plan: DesktopPlan,
  requestId: string,
): Promise<Refusal | null> {
  const password = await guacamole.readPassword(plan.names);
  if (password === null)
    throw new ProductError(
      "step-failed",
      `keep credential of ${plan.names.deployment}: Guacamole's connection no longer has one (ask for the desktop again)`,
    );
  return desktops.keepCredential(plan, requestId, password);
}

/**
 * The password with which Guacamole connects to a pod that goes on, started for this request if it says so. If somebody
 * changed the Secret since, the one that Guacamole has is more likely to be the pod's.
 */
export async function passwordOfRunningPod(
  { desktops, guacamole }: Pick<Services, "desktops" | "guacamole">,
  plan: DesktopPlan,
  startedFor: string | undefined,
): Promise<string> {
  const credential = await desktops.lookAtCredential(plan, startedFor);
  const known = credential?.isOfPod === false ? await guacamole.readPassword(plan.names) : null;
  return known ?? desktops.readCredential(plan);
}

export function credentialActivities(services: Services): Implements<"createCredential" | "deleteCredential"> {
  const { desktops } = services;
  return {
    async createCredential({ plan, before, request }) {
      if (!keepsPod(before, portsOf(plan))) return desktops.createCredential(plan, request.id, !before.secret);
      return before.secret ? null : adoptCredential(services, plan, request.id);
    },
    async deleteCredential({ plan, before }) {
      if (!before.secret) await desktops.remove("secret", plan);
      return null;
    },
  };
}
