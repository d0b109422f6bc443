import { isReviewed } from "../../shared/lifecycle/drift.ts";
import { rememberDecision } from "../../shared/person/decisions.ts";
import { finishReview, nominate, recordOfNobody } from "../../shared/person/review.ts";
import { summarize, type Survey } from "../../shared/lifecycle/survey.ts";
import type { Services } from "../services.ts";
import { surveyDrift } from "../gather/drift.ts";
import { surveyDesktops } from "../gather/survey.ts";
import { changeAndWake, changeRecord, ifThere, stamp } from "../work/person.ts";
import { tellNext } from "../work/queue.ts";
import type { Implements, Surroundings } from "./activity.ts";
import { told } from "./told.ts";

/** More than the clocks of an estate's hosts differ. */
const toleranceMilliseconds = 2 * 60_000;

/**
 * A start that is noted in the future was noted before the clock was put back. Sessions that began since would seem to be
 * older than the container, and so not to be open, also when that time has passed.
 */
async function correctStarts(services: Services, survey: Survey, error: Surroundings["error"]): Promise<void> {
  const limit = Date.parse(survey.at) + toleranceMilliseconds;
  for (const { desktop } of survey.desktops) {
    const { ours, startNoted, startedAt } = desktop;
    if (!ours || !startNoted || startedAt === null || Date.parse(startedAt) <= limit) continue;
    await services.desktops.noteStart(desktop, survey.at).catch((failure: unknown) => {
      error(`reap: correct the start of a desktop: ${(failure as Error).message} (tried again at the next run)`);
    });
  }
}

/** Decides, hands over, and acts under the person's lock. */
export function reapingActivities(
  services: Services,
): Implements<"surveyDue" | "noteDecision" | "nominate" | "inspectDesktop" | "giveBackPermission" | "recordReview"> {
  const { guacamole } = services;
  return {
    async surveyDue(_, { error }) {
      const survey = await surveyDesktops(services);
      for (const reason of survey.unanswered) error(`reap: ${reason}; nothing is suspended for being idle`);
      for (const { fault } of survey.damaged) error(`reap: ${fault.message}; the desktops of that person are kept`);
      for (const words of survey.odd) error(`reap: ${words}`);
      await correctStarts(services, survey, error);
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
      // Only for a desktop that is kept: a drift survey that fails must not keep an idle desktop up.
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

    async recordReview({ username, review, decision, suspended, setback }, { info, error, fence, hub }) {
      const now = stamp(services);
      await changeRecord(
        services,
        username,
        ifThere((record) => finishReview(record, review, { decision, suspended, setback }, now)),
        fence,
      );
      if (setback) error(`suspend the desktop of ${username} in ${review.workspace}: ${setback.reason}`);
      if (suspended && decision)
        info(`${username}: the desktop in ${review.workspace} is suspended: ${decision.reason}`);
      if (suspended) await tellNext(services, hub, info);
      return null;
    },
  };
}
