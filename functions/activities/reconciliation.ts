import { randomUUID } from "node:crypto";
import { type Drift, driftKinds, type DriftSurvey } from "../../shared/lifecycle/drift.ts";
import { nameDesktop } from "../../shared/desktop/names.ts";
import { outcomeOf } from "../../shared/person/request.ts";
import { retireDesktops, retirePerson } from "../../shared/person/retirement.ts";
import { mostARun } from "../../shared/lifecycle/runs.ts";
import { isRefusal, ProductError } from "../../shared/errors.ts";
import { surveyDrift } from "../gather/drift.ts";
import { planFor } from "../gather/plan.ts";
import { namingRules, type Services } from "../services.ts";
import { surveyDesktops } from "../gather/survey.ts";
import { changeAndWake, stamp } from "../work/person.ts";
import type { Implements } from "./activity.ts";
import { access } from "./permission.ts";
import { told } from "./told.ts";

/** Finding what drifted, handing it to its person's orchestration, and putting it right there. */
export function reconciliationActivities(
  services: Services,
): Implements<"surveyDrift" | "removeDesktop" | "retirePerson" | "mergeGroups" | "repairDesktop"> {
  const { desktops, guacamole, workspaces, now } = services;
  return {
    async surveyDrift({ sharePercent }, { error, info }) {
      const survey = await surveyDrift(services, { sharePercent });
      for (const reason of survey.unanswered) error(`reconcile: ${reason}; what it would say is left out`);
      if (survey.refused !== undefined) error(`reconcile: nothing is done: ${survey.refused}`);
      else
        for (const { kind, workspace = "", username = "", reason } of survey.drifts)
          info(`reconcile: ${kind} ${workspace} ${username}: ${reason}`);
      return mostUrgent(survey);
    },

    removeDesktop: ({ kind, username, workspace, reason }, around) =>
      told(around, `retire the desktop of ${username} in ${workspace}`, async () => {
        // Everything is not looked at in one instant: what seemed to be alone may belong to a person who just came.
        const alone = kind !== "entitlement-ended";
        const names = nameDesktop({ workspace, username }, namingRules(services));
        if (alone && (await desktops.observe({ workspace, username, names })).deployment) return;
        const now = stamp(services);
        const retirement = { id: randomUUID(), workspace, requestedAt: now.at, reason };
        await changeAndWake(services, around.hub, username, (record) => {
          const comes = record?.request.workspace === workspace && !outcomeOf(record);
          return alone && comes ? record : retireDesktops(record, username, { retirements: [retirement], reason }, now);
        });
      }),

    retirePerson: ({ username, reason: why }, around) =>
      told(around, `retire ${username}`, () => {
        const now = stamp(services);
        return changeAndWake(services, around.hub, username, (record) =>
          retirePerson(record, username, `${username} ${why}`, now),
        );
      }),

    mergeGroups: ({ workspace }, around) =>
      told(around, `merge the groups of ${workspace}`, () => guacamole.mergeGroups(workspace)),

    async repairDesktop({ kind, username, workspace, reason }, { info }) {
      const { desktops: found, records } = await surveyDesktops(services, username);
      const desktop = found.find((each) => each.desktop.workspace === workspace)?.desktop;
      if (!desktop) return null;
      info(`${username}: the desktop in ${workspace} is put right: ${reason}`);
      switch (kind) {
        case "access-without-desktop":
          await guacamole.revokePermission(desktop.names, access);
          return null;
        case "too-many-pods":
          await desktops.scaleToOne(desktop);
          return null;
        case "binding-status": {
          const replicas = desktop.replicas > 0 ? 1 : 0;
          const status = {
            statusText: replicas > 0 ? "ACTIVE" : "READY",
            deploymentName: desktop.names.deployment,
            replicas,
            lastActiveCheck: now().toISOString(),
          };
          if (desktop.binding !== undefined) await workspaces.recordStatus(desktop.binding, status);
          return null;
        }
        default:
      }

      const claims = records.get(username)?.request.claims ?? {};
      const plan = await planFor(services, { username, claims }, workspace, await workspaces.known());
      if (isRefusal(plan)) return null; // not theirs any more, or nobody knows how it should be: the next run says so
      switch (kind) {
        case "network-policy":
          refuseToGoOn(await desktops.applyNetworkPolicy(plan));
          return null;
        case "service": {
          refuseToGoOn(await desktops.applyService(plan));
          // A port that somebody added stays theirs. Who is connected is so to the pod, and does not notice.
          const parts = await desktops.networkParts(username);
          const own = parts.find((each) => each.workspace === workspace);
          if (!desktops.networkDrift(plan, own).some((left) => left.kind === kind)) return null;
          await desktops.remove("service", plan);
          refuseToGoOn(await desktops.applyService(plan));
          return null;
        }
        case "access-missing":
          await guacamole.grantPermission(plan.names);
          return null;
        case "connection":
        case "credential":
        case "last-day":
          await guacamole.writeConnection(plan, await desktops.readCredential(plan));
          await guacamole.grantPermission(plan.names);
          return null;
        default:
          return null; // reaped, retired or merged: not for this step
      }
    },
  };
}

/** So many are handed over a run; what people may not have any more comes first. */
function mostUrgent(survey: DriftSurvey): DriftSurvey {
  const goes = ({ kind }: Drift) => driftKinds[kind] === "retire" || driftKinds[kind] === "retire person";
  const drifts = [...survey.drifts.filter(goes), ...survey.drifts.filter((drift) => !goes(drift))];
  return { ...survey, drifts: drifts.slice(0, mostARun), later: Math.max(0, drifts.length - mostARun) };
}

function refuseToGoOn(refusal: { reason: string } | null): void {
  if (refusal) throw new ProductError("step-failed", refusal.reason);
}
