import type { InvocationContext } from "@azure/functions";
import type { TaskHub } from "../work/task-hub.ts";
import { describePause } from "../../shared/desktop/maintenance.ts";
import { personId } from "../../shared/desktop/names.ts";
import { type Scaling, scalingsOf, unfulfilled } from "../../shared/lifecycle/scaling.ts";
import { isRefusal, ProductError } from "../../shared/errors.ts";
import { ask } from "../work/ask.ts";
import { isReady, isSuspended } from "../gather/desktops-of-person.ts";
import { planFor } from "../gather/plan.ts";
import type { Services } from "../services.ts";
import type { Timer } from "./timer.ts";

type Known = Awaited<ReturnType<Services["workspaces"]["known"]>>;

/**
 * Treats a binding that was scaled by hand, or by the operator's Keycloak extension, as its person's request. Our own
 * writes mark the value as seen, so they are never mistaken for a request. A binding whose desktop did not come up goes
 * back to 0. Harmless if it runs twice or late.
 */
export function followScalingTimer(services: Services): Timer {
  return {
    name: "followScaling",
    schedule: services.settings.WAKE_SCHEDULE,
    run: async (hub, context) => {
      const [known, left, { records }] = await Promise.all([
        services.workspaces.known(),
        services.desktops.findLeftByOperator(),
        services.records.all(),
      ]);
      const leftOf = ({ workspace, username }: { workspace: string; username: string }) =>
        left.find(({ desktop }) => desktop?.workspace === workspace && desktop.username === username)?.replicas ?? 0;
      for (const scaling of scalingsOf(known.bindings, leftOf)) {
        try {
          await follow(services, hub, scaling, known, context);
          await services.workspaces.markSeen(scaling.binding, scaling.replicas);
        } catch (error) {
          context.error(
            `follow the scaling of ${scaling.binding}: ${(error as Error).message} (tried again at the next run)`,
          );
        }
      }
      for (const { binding, username, workspace } of unfulfilled(known.bindings, records)) {
        try {
          const own = await services.desktops.findOfPerson(username);
          const runs = own.some((desktop) => desktop.workspace === workspace && desktop.replicas > 0);
          if (!runs) await services.workspaces.scaleBack(binding);
        } catch (error) {
          context.error(`scale ${binding} back: ${(error as Error).message} (tried again at the next run)`);
        }
      }
    },
  };
}

async function follow(
  services: Services,
  hub: TaskHub,
  { username, workspace, binding, wants, behind }: Scaling,
  known: Known,
  context: InvocationContext,
): Promise<void> {
  const record = await services.records.read(personId(username));
  if (!wants) {
    // If the person now wants another desktop, or none, there is nothing to do.
    if (record && record.request.workspace !== workspace) return;
    await ask(services, hub, username, { workspace: null }, () => isSuspended(services, username));
    context.log(`${binding} was scaled to 0: its desktop is suspended`);
    return;
  }
  if (behind !== undefined) {
    context.warn(
      `${binding} was scaled up together with ${behind}, which is followed instead: a person has one desktop at a time`,
    );
    return;
  }
  const { activation } = await services.maintenance.read();
  // Not marked as seen, so that it is followed when the pause is over.
  if (activation) throw new ProductError("activation-paused", `no desktop is brought up: ${describePause(activation)}`);
  const claims = record?.request.claims ?? {};
  const plan = await planFor(services, { username, claims }, workspace, known);
  if (isRefusal(plan)) {
    context.warn(`${binding} was scaled up, but its person may not have that desktop: ${plan.reason}`);
    return;
  }
  await ask(services, hub, username, { workspace }, () => isReady(services, plan));
  context.log(`${binding} was scaled up: its desktop is brought up`);
}
