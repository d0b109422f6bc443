import { randomUUID } from "node:crypto";
import { type Drift, driftKinds, type DriftSurvey } from "../../shared/lifecycle/drift.ts";
import { nameDesktop, personId } from "../../shared/desktop/names.ts";
import { withRemovals } from "../../shared/person/notice.ts";
import { nextRequest } from "../../shared/person/operation.ts";
import { mostARun } from "../../shared/lifecycle/runs.ts";
import { isRefusal, ProductError } from "../../shared/errors.ts";
import { newRequest } from "../work/ask.ts";
import { surveyDrift } from "../gather/drift.ts";
import { planFor } from "../gather/plan.ts";
import { namingRules, type Services } from "../services.ts";
import { surveyDesktops } from "../gather/survey.ts";
import type { Implements } from "./activity.ts";
import { access } from "./permission.ts";
import { told } from "./told.ts";

/** Finding what drifted, handing it to its person's orchestration, and putting it right there. */
export function reconciliationActivities(
  services: Services,
): Implements<"surveyDrift" | "removeDesktop" | "retirePerson" | "mergeGroups" | "repairDesktop"> {
  const { records, desktops, guacamole, workspaces, now } = services;
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
      told(around, `remove the desktop of ${username} in ${workspace}`, async () => {
        const removal = { id: randomUUID(), workspace, requestedAt: now().toISOString(), reason };
        // Everything is not looked at in one instant: what seemed to be alone may be somebody's who just came.
        const alone = kind !== "entitlement-ended";
        const names = nameDesktop({ workspace, username }, namingRules(services));
        if (alone && (await desktops.observe({ workspace, username, names })).deployment) return;
        await records.update(personId(username), (current) => {
          const { request, outcomes = {} } = current ?? {};
          const comes = request?.workspace === workspace && !Object.hasOwn(outcomes, request.id);
          if (alone && comes) return null;
          const { subject, claims = {} } = current?.request ?? {};
          const none = newRequest(services, { username, workspace: null, subject, claims, reason });
          return current
            ? withRemovals(current, claims, [removal], none)
            : { request: none, outcomes: {}, removals: [removal] };
        });
        await around.wake(username);
      }),

    retirePerson: ({ username, reason: why }, around) =>
      told(around, `retire ${username}`, async () => {
        const reason = `${username} ${why}`;
        await records.update(personId(username), (current) => {
          const { subject, claims = {} } = current?.request ?? {};
          const wanted = newRequest(services, { username, workspace: null, retire: true, subject, claims, reason });
          return nextRequest(current, wanted, ({ retire }) => retire === true);
        });
        await around.wake(username);
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
