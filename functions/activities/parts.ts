import { isRefusal } from "../../shared/errors.ts";
import type { Services } from "../services.ts";
import type { Implements } from "./activity.ts";
import { credentialActivities } from "./credential.ts";
import { networkPolicyActivities } from "./network-policy.ts";
import { serviceActivities } from "./service.ts";

/** What a pod needs before it starts. The parts do not depend on each other. */
export function partsActivities(services: Services): Implements<"createParts" | "removeParts"> {
  const credential = credentialActivities(services);
  const policy = networkPolicyActivities(services);
  const service = serviceActivities(services);
  return {
    async createParts(run, around) {
      // Not Promise.all: nothing of this step may still be under way when it has failed.
      const made = await Promise.allSettled([
        policy.applyNetworkPolicy(run, around),
        credential.createCredential(run, around),
        service.applyService(run, around),
      ]);
      throwFirst(made);
      return made.map((each) => (each.status === "fulfilled" ? each.value : null)).find(isRefusal) ?? null;
    },
    async removeParts(run, around) {
      const removed = await Promise.allSettled([
        credential.deleteCredential(run, around),
        service.deleteService(run, around),
        // It stays as long as it confines a pod.
        policy.deleteNetworkPolicy(run, around),
      ]);
      throwFirst(removed);
      return null;
    },
  };
}

function throwFirst(ended: readonly PromiseSettledResult<unknown>[]): void {
  const failed = ended.find((each) => each.status === "rejected");
  if (failed) throw failed.reason;
}
