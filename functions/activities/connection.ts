import { connectionLink } from "../../shared/guacamole/link.ts";
import type { Services } from "../services.ts";
import type { Implements } from "./activity.ts";

/** The credential is read here, where it is needed, and never leaves this step. */
export function connectionActivities({
  desktops,
  guacamole,
  settings,
}: Services): Implements<"writeConnection" | "removeConnection"> {
  return {
    async writeConnection({ plan }) {
      const id = await guacamole.writeConnection(plan, await desktops.readCredential(plan));
      return { url: connectionLink(settings.GUACAMOLE_URL, id) };
    },
    async removeConnection({ plan, before }) {
      await guacamole.removeConnection(plan.names, before);
      return null;
    },
  };
}
