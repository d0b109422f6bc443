import { isOneUserPerPerson } from "../../shared/desktop/names.ts";
import { portsOf } from "../../shared/desktop/plan.ts";
import { keepsPod } from "../../shared/desktop/state.ts";
import { namingRules, type Services } from "../services.ts";
import type { Implements } from "./activity.ts";

/**
 * The permissions that give access to a desktop, under whatever name of its user; READ on the user itself opens nothing and
 * is kept.
 */
export const access = { connection: true, group: true, self: false, former: true };

/** `others` are the person's desktops in other workspaces: two can never be opened at once. */
export function permissionActivities(
  services: Services,
): Implements<"withdrawStaleAccess" | "grantPermission" | "revokePermission" | "withdrawOthers" | "restoreOthers"> {
  const { guacamole } = services;
  return {
    async withdrawStaleAccess({ plan, before }) {
      // One user per person may be new: the AWMS operator gave access to one per desktop, which is not in `before`.
      const mayOpen = before.permissions.connection || isOneUserPerPerson(namingRules(services));
      if (mayOpen && !keepsPod(before, portsOf(plan))) await guacamole.revokePermission(plan.names, access);
      return null;
    },
    async grantPermission({ plan }) {
      await guacamole.grantPermission(plan.names);
      return null;
    },
    async revokePermission({ plan, before }) {
      const { permissions } = before;
      // What could be opened before can be opened again, if its pod is still the one that was there.
      const kept = keepsPod(before, portsOf(plan));
      await guacamole.revokePermission(plan.names, {
        connection: !(kept && permissions.connection),
        group: !(kept && permissions.group),
        self: !permissions.self,
      });
      return null;
    },
    async withdrawOthers({ before }) {
      // Only what restoreOthers gives back; a user's former name loses access when the desktop goes down.
      for (const { names } of before.others) await guacamole.revokePermission(names, { ...access, former: false });
      return null;
    },
    async restoreOthers({ before }) {
      for (const { names } of before.others) await guacamole.grantPermission(names);
      return null;
    },
  };
}
