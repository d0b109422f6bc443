import { openDesktops } from "../open-desktops.ts";
import type { Services } from "../services.ts";
import type { Implements } from "./activity.ts";
import { access } from "./permission.ts";

export function suspensionActivities(
  services: Services,
): Implements<"listActiveDesktops" | "withdrawPermission" | "scaleToZero"> {
  const { desktops, guacamole } = services;
  return {
    async listActiveDesktops({ username, except }) {
      const [all, open] = await Promise.all([desktops.listOf(username), openDesktops(services, username)]);
      const running = all
        .filter(({ replicas }) => replicas > 0)
        .map(({ workspace, names, binding }) => ({ workspace, username, names, binding }));
      const runs = new Set(running.map(({ workspace }) => workspace));
      return [...running, ...open.filter(({ workspace }) => !runs.has(workspace))].filter(
        ({ workspace }) => workspace !== except,
      );
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
