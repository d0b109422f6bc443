import type { KnownDesktop } from "../../shared/desktop/known-desktop.ts";
import { findOpenDesktops } from "../gather/desktops-of-person.ts";
import type { Services } from "../services.ts";
import type { Implements } from "./activity.ts";
import { access } from "./permission.ts";

/** Objects that the operator made do not name the person's binding; the bindings do. */
async function withBindings({ workspaces }: Services, desktops: KnownDesktop[]): Promise<KnownDesktop[]> {
  if (desktops.every(({ binding }) => binding !== undefined)) return desktops;
  const { bindings } = await workspaces.known();
  return desktops.map((desktop) => ({
    ...desktop,
    binding:
      desktop.binding ??
      bindings.find(({ username, workspace }) => username === desktop.username && workspace === desktop.workspace)
        ?.name,
  }));
}

export function suspensionActivities(
  services: Services,
): Implements<"listActiveDesktops" | "withdrawPermission" | "scaleToZero"> {
  const { desktops, guacamole } = services;
  return {
    async listActiveDesktops({ username, except }) {
      const [all, open] = await Promise.all([desktops.findOfPerson(username), findOpenDesktops(services, username)]);
      const running = all
        .filter(({ replicas }) => replicas > 0)
        .map(({ workspace, names, binding }) => ({ workspace, username, names, binding }));
      const runs = new Set(running.map(({ workspace }) => workspace));
      const active = [...running, ...open.filter(({ workspace }) => !runs.has(workspace))].filter(
        ({ workspace }) => workspace !== except,
      );
      return withBindings(services, active);
    },
    async withdrawPermission({ names }) {
      await guacamole.revokePermission(names, access);
      return null;
    },
    async scaleToZero(desktop) {
      await desktops.scaleToZero(desktop);
      return null;
    },
  };
}
