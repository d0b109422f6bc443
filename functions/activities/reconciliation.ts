import { randomUUID } from "node:crypto";
import { type Drift, driftKinds, type DriftSurvey } from "../../shared/lifecycle/drift.ts";
import { nameDesktop, personId } from "../../shared/desktop/names.ts";
import { withRemovals } from "../../shared/person/notice.ts";
import { nextRequest } from "../../shared/person/operation.ts";
import { mostARun } from "../../shared/lifecycle/runs.ts";
import { newRequest } from "../work/ask.ts";
import { surveyDrift } from "../gather/drift.ts";
import { namingRules, type Services } from "../services.ts";
import type { Implements } from "./activity.ts";
import { told } from "./told.ts";

/** Finding what drifted, and handing it to its person's orchestration. */
export function reconciliationActivities(
  services: Services,
): Implements<"surveyDrift" | "removeDesktop" | "retirePerson" | "mergeGroups"> {
  const { records, desktops, guacamole, now } = services;
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
  };
}

/** So many are handed over a run; what people may not have any more comes first. */
function mostUrgent(survey: DriftSurvey): DriftSurvey {
  const goes = ({ kind }: Drift) => driftKinds[kind] === "retire" || driftKinds[kind] === "retire person";
  const drifts = [...survey.drifts.filter(goes), ...survey.drifts.filter((drift) => !goes(drift))];
  return { ...survey, drifts: drifts.slice(0, mostARun), later: Math.max(0, drifts.length - mostARun) };
}
