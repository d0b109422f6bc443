import { keyText } from "../../shared/desktop/names.ts";
import { sessionsByDesktop, tunnelsTo } from "../../shared/lifecycle/sessions.ts";
import type { KnownDesktop } from "../../shared/desktop/known-desktop.ts";
import { findOpenDesktops } from "../gather/desktops-of-person.ts";
import type { Services } from "../services.ts";
import { respellAllOf } from "../work/respell.ts";
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
): Implements<"listActiveDesktops" | "withdrawPermission" | "endTunnels" | "scaleToZero"> {
  const { desktops, guacamole, activeConnections, now } = services;
  return {
    async listActiveDesktops({ username, except }) {
      await respellAllOf(services, username);
      const all = await desktops.findOfPerson(username);
      const open = await findOpenDesktops(services, username);
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
    async endTunnels({ workspace, username, names }, { error, info }) {
      if (!activeConnections) return null;
      const whose = `${username} in ${workspace}`;
      try {
        const rows = sessionsByDesktop(await guacamole.sessions(now().toISOString(), [username]), [
          { workspace, username, names },
        ]);
        const own = rows.get(keyText({ workspace, username }));
        const count = own ? await activeConnections.end((tunnels) => tunnelsTo(tunnels, names.entity, own)) : 0;
        if (count > 0) info(`${count} open session(s) of ${whose} ended`);
      } catch (failure) {
        error(`end the sessions of ${whose}: ${(failure as Error).message} (they end when the container stops)`);
      }
      return null;
    },
    async scaleToZero(desktop) {
      await desktops.scaleToZero(desktop);
      return null;
    },
  };
}
