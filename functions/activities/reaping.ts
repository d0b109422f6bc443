import { isReviewed } from "../../shared/lifecycle/drift.ts";
import { isNewDecision, rememberDecision } from "../../shared/person/decisions.ts";
import { finishReview, nominate, recordOfNobody } from "../../shared/person/review.ts";
import { mostARun, type ReapSurvey } from "../../shared/lifecycle/runs.ts";
import type { Services } from "../services.ts";
import { surveyDrift } from "../gather/drift.ts";
import { type Survey, surveyDesktops } from "../gather/survey.ts";
import { changeAndWake, changeRecord, ifThere, stamp } from "../work/person.ts";
import type { Implements } from "./activity.ts";
import { told } from "./told.ts";

/** What a survey comes to, in numbers and in what is to be done about it. */
export function summarize({ at, desktops, unanswered, damaged }: Survey): ReapSurvey {
  const rules: ReapSurvey["rules"] = {};
  const due: ReapSurvey["due"] = [];
  const news: ReapSurvey["news"] = [];
  let toRetire = 0;
  for (const { desktop, decision, record } of desktops) {
    if (desktop.replicas === 0) continue;
    rules[decision.rule] = (rules[decision.rule] ?? 0) + 1;
    const { workspace, username } = desktop;
    if (decision.action === "retire") toRetire += 1;
    else if (decision.action === "suspend") due.push({ workspace, username, decision });
    else if (record && isNewDecision(record, workspace, decision)) news.push({ workspace, username, decision });
  }
  return {
    at,
    looked: desktops.length,
    rules,
    due: due.slice(0, mostARun),
    news: news.slice(0, mostARun),
    later: Math.max(0, due.length - mostARun),
    toRetire,
    unanswered: [...unanswered, ...damaged.map(({ fault }) => fault.message)],
  };
}

/** Deciding, handing over, and what happens under the person's lock. */
export function reapingActivities(
  services: Services,
): Implements<"surveyDue" | "noteDecision" | "nominate" | "inspectDesktop" | "giveBackPermission" | "recordReview"> {
  const { guacamole } = services;
  return {
    async surveyDue(_, { error }) {
      const survey = await surveyDesktops(services);
      for (const reason of survey.unanswered) error(`reap: ${reason}; nothing is suspended for being idle`);
      for (const { fault } of survey.damaged) error(`reap: ${fault.message}; the desktops of that person are kept`);
      return summarize(survey);
    },

    noteDecision: ({ username, workspace, at, decision }, around) =>
      told(around, `remember a decision about ${username}`, () =>
        changeRecord(
          services,
          username,
          ifThere((record) => rememberDecision(record, workspace, at, decision)),
        ),
      ),

    nominate: ({ username, workspace, by }, around) =>
      told(around, `review the desktop of ${username}`, () => {
        const review = stamp(services);
        const nobody = stamp(services);
        return changeAndWake(services, around.hub, username, (record) =>
          nominate(record ?? recordOfNobody(username, nobody), {
            id: review.id,
            workspace,
            requestedAt: review.at,
            by,
          }),
        );
      }),

    async inspectDesktop({ username, workspace }) {
      const { desktops } = await surveyDesktops(services, username);
      const found = desktops.find(({ desktop }) => desktop.workspace === workspace);
      if (!found?.desktop.ours) return null;
      // Only what can be found out is put right: whatever cannot must not keep an idle desktop up.
      const drifts = found.decision.action === "keep" ? (await surveyDrift(services, { username })).drifts : [];
      const { permissions } = await guacamole.observe(found.desktop.names);
      const { names, binding } = found.desktop;
      return {
        desktop: { workspace, username, names, binding },
        decision: found.decision,
        mayBeOpened: permissions.connection,
        drifts: drifts.filter(isReviewed).filter((drift) => drift.workspace === workspace),
      };
    },

    async giveBackPermission({ names }) {
      await guacamole.grantPermission(names);
      return null;
    },

    async recordReview({ username, review, decision, suspended }, { info, fence }) {
      const now = stamp(services);
      await changeRecord(
        services,
        username,
        ifThere((record) => finishReview(record, review, { decision, suspended }, now)),
        fence,
      );
      if (suspended && decision)
        info(`${username}: the desktop in ${review.workspace} is suspended: ${decision.reason}`);
      return null;
    },
  };
}
