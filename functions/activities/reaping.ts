import { randomUUID } from "node:crypto";
import { personId } from "../../shared/desktop/names.ts";
import { isReviewed } from "../../shared/lifecycle/drift.ts";
import type { Decision } from "../../shared/desktop/decision.ts";
import { supersede } from "../../shared/person/operation.ts";
import { addOutcome, withDecision } from "../../shared/person/request.ts";
import type { PersonRecord } from "../../shared/person/record.ts";
import { summarize } from "../../shared/lifecycle/survey.ts";
import { newRequest } from "../work/ask.ts";
import type { Services } from "../services.ts";
import { surveyDrift } from "../gather/drift.ts";
import { surveyDesktops } from "../gather/survey.ts";
import type { Implements } from "./activity.ts";
import { told } from "./told.ts";

/** Deciding, handing over, and what happens under the person's lock. */
export function reapingActivities(
  services: Services,
): Implements<"surveyDue" | "noteDecision" | "nominate" | "inspectDesktop" | "giveBackPermission" | "recordReview"> {
  const { records, guacamole, now } = services;
  return {
    async surveyDue(_, { error }) {
      const survey = await surveyDesktops(services);
      for (const reason of survey.unanswered) error(`reap: ${reason}; nothing is suspended for being idle`);
      for (const { fault } of survey.damaged) error(`reap: ${fault.message}; the desktops of that person are kept`);
      return summarize(survey);
    },

    noteDecision: ({ username, workspace, at, decision }, around) =>
      told(around, `note a decision about ${username}`, () =>
        records.update(personId(username), (current) => {
          const next = current && withDecision(current, workspace, at, decision);
          return next === current ? null : next;
        }),
      ),

    nominate: ({ username, workspace, by }, around) =>
      told(around, `review the desktop of ${username}`, async () => {
        const review = { id: randomUUID(), workspace, requestedAt: now().toISOString(), by };
        await records.update(personId(username), (current) => {
          const record = current ?? recordOfNobody(username);
          const waits = record.reviews?.some((each) => each.workspace === workspace) ?? false;
          return waits ? null : { ...record, reviews: [...(record.reviews ?? []), review] };
        });
        await around.wake(username);
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
      const at = now().toISOString();
      const record = (current: PersonRecord | null) => {
        if (!current?.reviews?.some(({ id }) => id === review.id)) return null;
        const reviews = current.reviews.filter(({ id }) => id !== review.id);
        const rest = { ...current, reviews: reviews.length > 0 ? reviews : undefined };
        if (!decision) return rest;
        const noted = withDecision(rest, review.workspace, at, decision);
        return suspended ? wantsNone(noted, review.workspace, decision, at) : noted;
      };
      await records.update(personId(username), record, fence);
      if (suspended && decision)
        info(`${username}: the desktop in ${review.workspace} is suspended: ${decision.reason}`);
      return null;
    },
  };

  /** Where somebody deleted the record: nothing was asked for, so nothing is to be done but what is reviewed. */
  function recordOfNobody(username: string): PersonRecord {
    const request = { ...newRequest(services, { username, workspace: null, claims: {} }), nobodyAsked: true };
    const outcome = { state: "done", at: request.requestedAt, message: "nothing was asked for" } as const;
    return { request, outcomes: { [request.id]: outcome } };
  }

  /** The person wanted that desktop and has it no longer; whoever asked anew meanwhile still gets it. */
  function wantsNone(record: PersonRecord, workspace: string, { reason }: Decision, at: string): PersonRecord {
    const { request, outcomes } = record;
    if (request.workspace !== workspace || !Object.hasOwn(outcomes, request.id)) return record;
    const { username, subject, claims } = request;
    const none = newRequest(services, { username, workspace: null, subject, claims, reason });
    return {
      ...supersede(record, none),
      outcomes: addOutcome(outcomes, none.id, { state: "done", at, message: `suspended: ${reason}` }),
    };
  }
}
