import type { Binding } from "../../shared/desktop/entitlement.ts";
import type { DesktopKey } from "../../shared/desktop/names.ts";
import { namesOf } from "../gather/names.ts";
import type { Services } from "../services.ts";

/** A desktop, and its person's username as the operator or a binding spells it, if that is not the canonical form. */
type SpelledDesktop = DesktopKey & { spelled?: string | undefined };

/** Gives the rows of these desktops their canonical names, as far as the operator spelled them otherwise. */
async function respellRows({ guacamole }: Services, desktops: readonly SpelledDesktop[]): Promise<void> {
  for (const { workspace, username, spelled } of desktops)
    if (spelled !== undefined) await guacamole.respell({ workspace, username }, spelled);
}

/**
 * The same for everything of one person, and for the Deployments that an earlier release made under the spelling of a
 * binding.
 */
export async function respellAllOf(services: Services, username: string): Promise<void> {
  const spelled = (await services.workspaces.bindingsOf(username)).filter((binding) => binding.spelled !== undefined);
  for (const binding of spelled) await respellDeployment(services, { ...binding, username });
  const own = spelled.map((binding) => ({ ...binding, username }));
  await respellRows(services, [...own, ...(await services.desktops.findOfPerson(username))]);
}

async function respellDeployment(services: Services, binding: Binding & DesktopKey): Promise<void> {
  const { workspace, username } = binding;
  const names = await namesOf(services, { workspace, username }, [binding]);
  await services.desktops.respell({ workspace, username, names });
}
