import type { InvocationContext } from "@azure/functions";
import type { TaskHub } from "../work/task-hub.ts";
import { ProductError } from "../../shared/errors.ts";
import { oneLine } from "../log-line.ts";
import type { Services } from "../services.ts";
import type { ActivityName } from "../../shared/desktop/activities.ts";
import { personId } from "../../shared/desktop/names.ts";
import { checkGeneration, type Fence } from "../../shared/person/work.ts";
import { upkeepActivities } from "./upkeep.ts";
import type { Implements, Surroundings } from "./activity.ts";
import { bindingStatusActivities } from "./binding-status.ts";
import { connectionActivities } from "./connection.ts";
import { credentialActivities } from "./credential.ts";
import { deploymentActivities } from "./deployment.ts";
import { entitlementActivities } from "./entitlement.ts";
import { networkPolicyActivities } from "./network-policy.ts";
import { noticeActivities } from "./notices.ts";
import { observationActivities } from "./observation.ts";
import { permissionActivities } from "./permission.ts";
import { reapingActivities } from "./reaping.ts";
import { reconciliationActivities } from "./reconciliation.ts";
import { repairActivities } from "./repair.ts";
import { requestActivities } from "./requests.ts";
import { retirementActivities } from "./retirement.ts";
import { serviceActivities } from "./service.ts";
import { suspensionActivities } from "./suspension.ts";

/**
 * Activities that only read, and those whose only change is a write to the person's record, which checks the
 * generation.
 */
const checkedElsewhere = new Set<string>([
  "readRequest",
  "checkEntitlement",
  "observeDesktop",
  "waitReady",
  "listDesktops",
  "listActiveDesktops",
  "inspectDesktop",
  "recordOutcome",
  "recordRemoval",
  "planRollback",
  "recordOthers",
  "recordRollback",
  "recordReview",
] satisfies ActivityName[]);

/**
 * One activity as the host calls it. What it throws may be stored in a history: a code and a message, never a secret.
 */
export type Activity = (given: { fence?: Fence }, hub: TaskHub, context: InvocationContext) => Promise<unknown>;
export type ActivityTable = Readonly<Record<ActivityName, Activity>>;

/** Every activity of the contract; the compiler reports a missing one. */
export function activityTable(services: Services): ActivityTable {
  const implementations: Implements<ActivityName> = {
    ...requestActivities(services),
    ...entitlementActivities(services),
    ...observationActivities(services),
    ...credentialActivities(services),
    ...networkPolicyActivities(services),
    ...serviceActivities(services),
    ...deploymentActivities(services),
    ...connectionActivities(services),
    ...permissionActivities(services),
    ...bindingStatusActivities(services),
    ...suspensionActivities(services),
    ...retirementActivities(services),
    ...noticeActivities(services),
    ...reapingActivities(services),
    ...reconciliationActivities(services),
    ...repairActivities(services),
    ...upkeepActivities(services),
  };
  const entries = Object.entries(implementations).map(([name, implementation]) => [
    name,
    // The orchestrations call through the same contract, so the input is of the implementation's type.
    activityOf(services, name, implementation as Implementation),
  ]);
  return Object.fromEntries(entries) as ActivityTable;
}

type Implementation = (input: unknown, around: Surroundings) => Promise<unknown>;

function activityOf(services: Services, name: string, implementation: Implementation): Activity {
  return async ({ fence, ...input }, hub, context) => {
    try {
      if (fence && !checkedElsewhere.has(name))
        checkGeneration(await services.records.read(personId(fence.username)), fence);
      return await implementation(input, {
        error: (message) => {
          context.error(message);
        },
        info: (message) => {
          context.log(message);
        },
        hub,
        fence,
      });
    } catch (error) {
      throw forHistory(error, context);
    }
  };
}

/**
 * Returns an error as the orchestration's history may keep it: code and message only. An unexpected error is logged
 * here with its stack, and reported as `internal` without its text, which could contain anything.
 */
function forHistory(error: unknown, context: InvocationContext): Error {
  if (error instanceof ProductError && error.cause !== undefined) context.error(error.message, error.cause);
  if (error instanceof ProductError) return new Error(`[${error.code}] ${oneLine(error.message)}`);
  context.error(error);
  return new Error("[internal] an unexpected error (the log has it)");
}
