import { portsOf } from "../../shared/desktop/plan.ts";
import { keepsPod } from "../../shared/desktop/state.ts";
import { connectionLink } from "../../shared/guacamole/link.ts";
import type { Services } from "../services.ts";
import type { Implements } from "./activity.ts";
import { passwordOfRunningPod } from "./credential.ts";

/** The credential is read here, where it is needed, and never leaves this step. */
export function connectionActivities(services: Services): Implements<"writeConnection" | "removeConnection"> {
  const { desktops, guacamole, settings } = services;
  return {
    async writeConnection({ plan, before }) {
      const password = keepsPod(before, portsOf(plan))
        ? await passwordOfRunningPod(services, plan, undefined)
        : await desktops.readCredential(plan);
      return { url: connectionLink(settings.GUACAMOLE_URL, await guacamole.writeConnection(plan, password)) };
    },
    async removeConnection({ plan, before }) {
      await guacamole.removeConnection(plan.names, before);
      return null;
    },
  };
}
