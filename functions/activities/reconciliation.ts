import { randomUUID } from "node:crypto";
import { type Drift, driftKinds, type DriftSurvey } from "../../shared/lifecycle/drift.ts";
import { nameDesktop } from "../../shared/desktop/names.ts";
import { leave } from "../../shared/person/presence.ts";
import { outcomeOf } from "../../shared/person/outcomes.ts";
import { mayUse } from "../../shared/person/request.ts";
import { retireDesktops, retirePerson } from "../../shared/person/retirement.ts";
import { mostARun } from "../../shared/lifecycle/runs.ts";
import { surveyDrift } from "../gather/drift.ts";
import { namingRules, type Services, sessionRules } from "../services.ts";
import { changeAndWake, changeRecord, ifThere, stamp } from "../work/person.ts";
import type { Implements } from "./activity.ts";
import { told } from "./told.ts";

/** Finds drift, and hands it to the person's orchestration. */
export function reconciliationActivities(
  services: Services,
): Implements<"surveyDrift" | "removeDesktop" | "retirePerson" | "beginLeave" | "mergeGroups" | "endChangedPods"> {
  const { desktops, guacamole } = services;
  return {
    async surveyDrift({ sharePercent, confirmed }, { error, info }) {
      const survey = await surveyDrift(services, { sharePercent, confirmed });
      for (const reason of survey.unanswered) error(`reconcile: ${reason}; drift that depends on it is left out`);
      if (survey.refused !== undefined) error(`reconcile: nothing is done: ${survey.refused}`);
      else
        for (const { kind, workspace = "", username = "", reason } of survey.drifts)
          info(`reconcile: ${kind} ${workspace} ${username}: ${reason}`);
      return mostUrgent(survey);
    },

    removeDesktop: ({ kind, username, workspace, reason }, around) =>
      told(around, `retire the desktop of ${username} in ${workspace}`, async () => {
        // A survey is not one instant: what seemed to be an orphan may belong to a desktop that is just coming up.
        const alone = kind !== "entitlement-ended" && kind !== "name-taken";
        const names = nameDesktop({ workspace, username }, namingRules(services));
        if (alone && (await desktops.observe({ workspace, username, names })).deployment) return;
        const now = stamp(services);
        const why = kind === "entitlement-ended" ? ({ kind: "rule", rule: kind } as const) : undefined;
        const retirement = { id: randomUUID(), workspace, requestedAt: now.at, reason, ...(why && { why }) };
        await changeAndWake(services, around.hub, username, (record) => {
          const comes = record?.request.workspace === workspace && !outcomeOf(record);
          return alone && comes
            ? record
            : retireDesktops(record, username, { retirements: [retirement], reason, why }, now);
        });
      }),

    retirePerson: ({ kind, username, reason: why }, around) =>
      told(around, `retire ${username}`, () => {
        const now = stamp(services);
        if (kind !== "should-be-retired")
          return changeAndWake(services, around.hub, username, (record) =>
            retirePerson(record, username, `${username} ${why}`, now),
          );
        // A survey is not one instant: the person may have asked for a desktop since. What is there was found.
        return changeAndWake(
          services,
          around.hub,
          username,
          ifThere((record) =>
            record.request.retire
              ? retirePerson(record, username, record.request.reason ?? why, now, { isGone: false })
              : record,
          ),
        );
      }),

    beginLeave: ({ username, workspace }, around) =>
      told(around, `begin the leave of ${username}`, () => {
        const { at } = stamp(services);
        const left = { at, which: "some session", alive: [] } as const;
        return changeRecord(
          services,
          username,
          ifThere((record) => (mayUse(record, workspace) ? leave(record, left, sessionRules(services)) : record)),
        );
      }),

    endChangedPods: ({ of }, around) =>
      told(around, `end changed pods of ${of.length} desktops`, () => desktops.endChangedPods(of)),

    mergeGroups: ({ workspace }, around) =>
      told(around, `merge the groups of ${workspace}`, () => guacamole.mergeGroups(workspace)),
  };
}

/** Keeps at most `mostARun` drifts per run; what people may no longer have comes first. */
function mostUrgent(survey: DriftSurvey): DriftSurvey {
  const goes = ({ kind }: Drift) => driftKinds[kind] === "retire" || driftKinds[kind] === "retire person";
  const drifts = [...survey.drifts.filter(goes), ...survey.drifts.filter((drift) => !goes(drift))];
  return { ...survey, drifts: drifts.slice(0, mostARun), later: Math.max(0, drifts.length - mostARun) };
}
