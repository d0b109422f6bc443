import type { InvocationContext } from "@azure/functions";
import type { TaskHub } from "../work/task-hub.ts";
import { ProductError, refuse } from "../../shared/errors.ts";
import { oneLine } from "../log-line.ts";
import type { Services } from "../services.ts";
import type { ActivityName, Looks, Run } from "../../shared/desktop/activities.ts";
import { personId } from "../../shared/desktop/names.ts";
import { checkGeneration, type Fence } from "../../shared/person/work.ts";
import { admissionActivities } from "./admission.ts";
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
import { partsActivities } from "./parts.ts";
import { permissionActivities } from "./permission.ts";
import { reapingActivities } from "./reaping.ts";
import { reconciliationActivities } from "./reconciliation.ts";
import { repairActivities } from "./repair.ts";
import { requestActivities } from "./requests.ts";
import { retirementActivities } from "./retirement.ts";
import { sessionActivities } from "./sessions.ts";
import { serviceActivities } from "./service.ts";
import { suspensionActivities } from "./suspension.ts";
import { untilServed } from "./until-served.ts";

/**
 * Activities that only read, and those whose only change is a write to the person's record, which checks the
 * generation.
 */
const checkedElsewhere = new Set<string>([
  "readRequest",
  "checkEntitlement",
  "awaitAdmission",
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
export type Activity = (
  given: { fence?: Fence },
  /** For `hubActivities`. */
  hub: TaskHub | undefined,
  context: InvocationContext,
) => Promise<unknown>;
export type ActivityTable = Readonly<Record<ActivityName, Activity>>;

/** Every activity of the contract; the compiler reports a missing one. */
export function activityTable(services: Services): ActivityTable {
  const implementations: Implements<ActivityName> = {
    ...requestActivities(services),
    ...entitlementActivities(services),
    ...admissionActivities(services),
    ...observationActivities(services),
    ...credentialActivities(services),
    ...networkPolicyActivities(services),
    ...serviceActivities(services),
    ...partsActivities(services),
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
    ...sessionActivities(services),
  };
  const entries = Object.entries(implementations).map(([name, implementation]) => [
    name,
    // The orchestrations call through the same contract, so the input is of the implementation's type.
    activityOf(services, name, implementation as Implementation),
  ]);
  return Object.fromEntries(entries) as ActivityTable;
}

function isLook(input: object): input is Looks & Run {
  return "looks" in input && input.looks === "once";
}

/** True if the request that a wait belongs to is the person's newest, as far as this process knows. */
async function isNewest({ records }: Services, { username }: Fence, { request }: Run): Promise<boolean> {
  return (await records.readRecent(personId(username)))?.request.id === request.id;
}

/** An orchestration has usually gone on this long after an activity. Where it takes longer, people see it some seconds later. */
const shownMilliseconds = 500;

type Implementation = (input: unknown, around: Surroundings & { hub?: TaskHub }) => Promise<unknown>;

function activityOf(services: Services, name: string, implementation: Implementation): Activity {
  return async ({ fence, ...input }, hub, context) => {
    try {
      await services.rush.over();
      // Its orchestration shows the step before it calls the activity.
      if (fence) services.news.tell(personId(fence.username));
      const around = {
        error: (message: string) => {
          context.error(message);
        },
        info: (message: string) => {
          context.log(message);
        },
        ...(hub && { hub }),
        fence,
      };
      // Checked each time, since a newer generation may have taken over while this one waited.
      const perform = async () => {
        if (fence && !checkedElsewhere.has(name))
          checkGeneration(await services.records.readRecent(personId(fence.username)), fence);
        if (fence && isLook(input) && !(await isNewest(services, fence, input)))
          return refuse("request-changed", "a newer request of this person took its place");
        return implementation(input, around);
      };
      return await untilServed(perform).finally(() => {
        if (!fence) return;
        const person = personId(fence.username);
        if (name.startsWith("record")) services.news.tell(person);
        // Its orchestration shows what a look saw a moment later, and calls nothing then.
        if (isLook(input))
          setTimeout(() => {
            services.news.tell(person);
          }, shownMilliseconds).unref();
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
