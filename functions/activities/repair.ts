import type { DeployedDesktop } from "../../shared/desktop/known-desktop.ts";
import type { DesktopPlan } from "../../shared/desktop/plan.ts";
import { isRefusal, ProductError, type Refusal } from "../../shared/errors.ts";
import type { DriftKind } from "../../shared/lifecycle/drift.ts";
import { decidingFor } from "../gather/person-may.ts";
import { planFor } from "../gather/plan.ts";
import { surveyDesktops } from "../gather/survey.ts";
import type { Services } from "../services.ts";
import type { Implements } from "./activity.ts";
import { adoptCredential, passwordOfRunningPod } from "./credential.ts";
import { access } from "./permission.ts";

/** Repairs the drift of one desktop, under its person's lock. */
export function repairActivities(services: Services): Implements<"repairDesktop"> {
  const byState = repairsByState(services);
  const byPlan = repairsByPlan(services);
  return {
    async repairDesktop({ kind, username, workspace, reason }, { info }) {
      const { desktops, records } = await surveyDesktops(services, username);
      const found = desktops.find((each) => each.desktop.workspace === workspace);
      if (!found) return null;
      const { desktop, decision } = found;
      // Who is connected stays so; the next run finds it again.
      if (endsSessions.has(kind) && decision.rule !== "idle" && decision.rule !== "start-grace") return null;
      info(`${username}: the desktop in ${workspace} is put right: ${reason}`);

      await byState[kind]?.(desktop);
      const repair = byPlan[kind];
      if (!repair) return null;
      const { claims = {}, id = "" } = records.get(username)?.request ?? {};
      const person = { username, claims };
      const plan = await planFor(services, person, workspace, await decidingFor(services, person, workspace));
      // If it is no longer theirs, or how it should be is unknown, the next run reports it.
      if (!isRefusal(plan)) await repair(plan, desktop, id);
      return null;
    },
  };
}

/** Repairs that take away a pod: nobody knows who is connected to which of several. */
const endsSessions: ReadonlySet<DriftKind> = new Set<DriftKind>(["pod-credential", "too-many-pods"]);

type Repairs<Args extends unknown[]> = Partial<Record<DriftKind, (...args: Args) => Promise<void>>>;

/** Repairs that need only the desktop's state. */
function repairsByState({ desktops, guacamole, workspaces, now }: Services): Repairs<[DeployedDesktop]> {
  async function writeStatus({ binding, names, replicas }: DeployedDesktop): Promise<void> {
    if (binding === undefined) return;
    await workspaces.recordStatus(binding, {
      statusText: replicas > 0 ? "ACTIVE" : "READY",
      deploymentName: names.deployment,
      replicas: replicas > 0 ? 1 : 0,
      lastActiveCheck: now().toISOString(),
    });
  }
  async function suspend(desktop: DeployedDesktop): Promise<void> {
    await guacamole.revokePermission(desktop.names, access);
    await desktops.scaleToZero(desktop);
    await writeStatus({ ...desktop, replicas: 0 });
  }
  return {
    "access-without-desktop": ({ names }) => guacamole.revokePermission(names, access),
    "foreign-access": ({ names }) => guacamole.endForeignAccess(names),
    // Nobody can connect reliably, and only a start makes a credential and a pod that belong together.
    "pod-credential": suspend,
    "should-be-suspended": suspend,
    "too-many-pods": (desktop) => desktops.scaleToOne(desktop),
    "binding-status": writeStatus,
  };
}

/** Repairs that need the plan of the desktop. */
function repairsByPlan(services: Services): Repairs<[plan: DesktopPlan, desktop: DeployedDesktop, requestId: string]> {
  const { desktops, guacamole } = services;
  const writeRows = async (plan: DesktopPlan, { startedFor }: DeployedDesktop) => {
    await guacamole.writeConnection(plan, await passwordOfRunningPod(services, plan, startedFor));
    await guacamole.grantPermission(plan.names);
  };
  return {
    async "network-policy"(plan) {
      throwIfRefused(await desktops.applyNetworkPolicy(plan));
    },
    async "pod-template"(plan, { startedFor: id, startedAt }) {
      // For the same start, so that its credential stays: the pod is replaced at once, since nobody knows what it may reach.
      if (id === undefined || startedAt === null) return;
      throwIfRefused(await desktops.createDeployment(plan, { id, requestedAt: startedAt }));
    },
    async service(plan) {
      const refusal = await desktops.applyService(plan);
      if (refusal?.refused === "not-ours") throwIfRefused(refusal);
      // Applying keeps what somebody added: a port, or addresses, and with those the cluster's admission policy refuses even to apply.
      // Sessions are connected to the pod, and do not notice a new Service.
      const parts = await desktops.networkParts(plan.username);
      const own = parts.find((each) => each.workspace === plan.workspace);
      if (!desktops.networkDrift(plan, own).some(({ kind }) => kind === "service")) return;
      await desktops.remove("service", plan);
      throwIfRefused(await desktops.applyService(plan));
    },
    "access-missing": ({ names }) => guacamole.grantPermission(names),
    connection: writeRows,
    async credential(plan, desktop, requestId) {
      // A pod that took no password from the Secret goes on without it: Guacamole still knows the password.
      if (desktop.side.ownPassword && (await desktops.lookAtCredential(plan, undefined)) === null)
        throwIfRefused(await adoptCredential(services, plan, requestId));
      await writeRows(plan, desktop);
    },
    "last-day": writeRows,
  };
}

function throwIfRefused(refusal: Refusal | null): void {
  if (refusal) throw new ProductError("step-failed", refusal.reason);
}
