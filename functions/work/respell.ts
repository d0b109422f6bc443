import type { DesktopKey } from "../../shared/desktop/names.ts";
import type { Services } from "../services.ts";

/** A desktop, and its person's username as the operator or a binding spells it, if that is not the canonical form. */
export type SpelledDesktop = DesktopKey & { spelled?: string | undefined };

/** Gives the rows of these desktops their canonical names, as far as the operator spelled them otherwise. */
export async function respellRows({ guacamole }: Services, desktops: readonly SpelledDesktop[]): Promise<void> {
  for (const { workspace, username, spelled } of desktops)
    if (spelled !== undefined) await guacamole.respell({ workspace, username }, spelled);
}

/** The same for everything of one person. */
export async function respellRowsOf(services: Services, username: string): Promise<void> {
  const [{ bindings }, deployed] = await Promise.all([
    services.workspaces.known(),
    services.desktops.findOfPerson(username),
  ]);
  const bound = bindings.map(({ workspace, username: whose, spelled }) => ({ workspace, username: whose, spelled }));
  const own = bound.flatMap((each) => (each.username === username ? [{ ...each, username }] : []));
  await respellRows(services, [...own, ...deployed]);
}
