import { portsOf } from "../../shared/desktop/plan.ts";
import { keepsPod } from "../../shared/desktop/state.ts";
import type { Services } from "../services.ts";
import type { Implements } from "./activity.ts";

/** The permissions that give access to a desktop; READ on the user itself opens nothing and is kept. */
export const access = { connection: true, group: true, self: false };

/** `others` are the person's desktops in other workspaces: two can never be opened at once. */
export function permissionActivities({
  guacamole,
}: Services): Implements<
  "withdrawStaleAccess" | "grantPermission" | "revokePermission" | "withdrawOthers" | "restoreOthers"
> {
  return {
    async withdrawStaleAccess({ plan, before }) {
      const stale = before.permissions.connection && !keepsPod(before, portsOf(plan));
      if (stale) await guacamole.revokePermission(plan.names, access);
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
      for (const { names } of before.others) await guacamole.revokePermission(names, access);
      return null;
    },
    async restoreOthers({ before }) {
      for (const { names } of before.others) await guacamole.grantPermission(names);
      return null;
    },
  };
}
