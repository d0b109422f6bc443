import { type Binding, possibleNames } from "../../shared/desktop/entitlement.ts";
import { type DesktopKey, type DesktopNames, nameDesktop } from "../../shared/desktop/names.ts";
import { namingRules, type Services } from "../services.ts";

/**
 * Returns the names of a desktop, by the person's bindings to its workspace. A name that they record and that is not the
 * desktop's own counts only if something of that name already belongs to the desktop. Otherwise whoever may write the
 * status of a binding could have another person's name.
 */
export async function namesOf(
  services: Services,
  key: DesktopKey,
  bindings: readonly Binding[],
): Promise<DesktopNames> {
  const rules = namingRules(services);
  for (const { deployment, isOwn } of possibleNames(bindings)) {
    const names = nameDesktop(key, rules, deployment);
    if (isOwn || (await isAnythingThere(services, key, names))) return names;
  }
  return nameDesktop(key, rules);
}

async function isAnythingThere({ desktops }: Services, key: DesktopKey, names: DesktopNames): Promise<boolean> {
  const { deployment, service, networkPolicy, secret } = await desktops.observe({ ...key, names });
  return deployment !== null || service || networkPolicy || secret;
}
