import { portsOf } from "../../shared/desktop/plan.ts";
import { keepsPod } from "../../shared/desktop/state.ts";
import type { Services } from "../services.ts";
import type { Implements } from "./activity.ts";

export function credentialActivities({ desktops }: Services): Implements<"createCredential" | "deleteCredential"> {
  return {
    async createCredential({ plan, before, request }) {
      if (!keepsPod(before, portsOf(plan))) return desktops.createCredential(plan, request.id);
      return before.secret ? null : desktops.keepCredential(plan, request.id);
    },
    async deleteCredential({ plan, before }) {
      if (!before.secret) await desktops.remove("secret", plan);
      return null;
    },
  };
}
