import { nameDesktop } from "../../shared/desktop/names.ts";
import type { KnownDesktop } from "../../shared/desktop/known-desktop.ts";
import { namingRules, type Services } from "../services.ts";

/** The person's desktops that can be opened, also those that we did not make: two must never be open at once. */
export async function openDesktops(services: Services, username: string): Promise<KnownDesktop[]> {
  const [ours, workspaces] = await Promise.all([
    services.desktops.listOf(username),
    services.guacamole.openedBy(username),
  ]);
  return workspaces.map((workspace) => {
    const known = ours.find((desktop) => desktop.workspace === workspace);
    const key = { workspace, username };
    return { ...key, names: known?.names ?? nameDesktop(key, namingRules(services)), binding: known?.binding };
  });
}
