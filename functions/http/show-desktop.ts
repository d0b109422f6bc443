import { endedOf } from "../../shared/person/ended.ts";
import { endIn, lastOf } from "../../shared/person/ends.ts";
import { explainState } from "../../shared/person/explain.ts";
import { explainStored } from "../../shared/person/explain-codes.ts";
import { extensionOf, ownExtensionLimit } from "../../shared/person/extension.ts";
import { leaveOf } from "../../shared/person/presence.ts";
import { nameDesktop, personId } from "../../shared/desktop/names.ts";
import type { DesktopState } from "../../shared/desktop/state.ts";
import type { SurveyedDesktop } from "../../shared/lifecycle/survey.ts";
import type { Extension, Outcome, PersonRecord } from "../../shared/person/record.ts";
import { connectionLink } from "../../shared/guacamole/link.ts";
import { namingRules, type Services } from "../services.ts";
import { hasChanged } from "../gather/has-changed.ts";
import { rowsIfKnown } from "../gather/rows.ts";
import { surveyOf } from "../gather/survey.ts";
import { describeDesktop } from "../../shared/lifecycle/describe-desktop.ts";
import { stateSince } from "../../shared/lifecycle/state-since.ts";
import { lastRefusalOf } from "../../shared/lifecycle/scaling.ts";
import { operationIdOf } from "../../shared/person/operation.ts";
import { outcomeOf } from "../../shared/person/outcomes.ts";
import type { Answer, Call } from "./endpoint.ts";
import { showGoals } from "./goals.ts";
import { outlookOf } from "../work/outlook.ts";
import { showOutlook } from "./outlook.ts";
import { signInAgain } from "./sign-in-again.ts";
import { describeWhy, showScalingRefusal } from "./why.ts";

/** Shows the desktop that the person has, and what they want if that is another one or failed. */
export async function showDesktop(services: Services, call: Call): Promise<Answer> {
  const { username, context } = call;
  const [record, all, bindings] = await Promise.all([
    services.records.read(personId(username)),
    services.desktops.findOfPerson(username),
    services.workspaces.bindingsOf(username),
  ]);
  const refusal = lastRefusalOf(bindings, record);
  const lastRefusal = refusal && showScalingRefusal(refusal);
  const wanted = record?.request.workspace ?? null;
  const outcome = record ? outcomeOf(record) : undefined;
  const underWay = record && !outcome ? { operation: operationIdOf(record.request) } : {};
  const unreached = record ? showGoals([record]) : [];
  const goals = unreached.length > 0 ? { goals: unreached } : {};
  const left = new Set(all.map(({ workspace }) => workspace));
  const ended = all.some(({ replicas }) => replicas > 0) ? undefined : endedOf(record ?? undefined, left);
  const running = all.filter(({ replicas }) => replicas > 0);
  // The requested one if it is running; else the running one; else the requested one; else the one that ran last or is
  // being stopped, or is kept.
  const shown = running.find(({ workspace }) => workspace === wanted) ?? running[0];
  const last = all.find(({ workspace }) => workspace === (ended?.workspace ?? (record && lastOf(record)))) ?? all[0];
  const workspace = shown?.workspace ?? wanted ?? last?.workspace ?? null;
  if (workspace === null)
    return {
      status: 200,
      body: {
        username,
        workspace,
        wanted,
        state: "absent",
        reason: ended?.reason ?? absentBecause(record, outcome),
        explanation: explainState("absent", undefined),
        ...underWay,
        ended,
        lastRefusal,
        ...goals,
      },
    };

  const key = { workspace, username };
  const names =
    all.find((desktop) => desktop.workspace === workspace)?.names ?? nameDesktop(key, namingRules(services));
  const [cluster, rows] = await Promise.all([
    services.desktops.observe({ ...key, names }),
    rowsIfKnown(services, names, context),
  ]);
  const survey = rows && running.length > 0 ? await surveyOf(services, username) : null;
  const surveyed = survey?.get(workspace);
  const decision = surveyed?.decision;
  const state = describeDesktop(workspace, { cluster, rows }, { record: record ?? undefined, decision });
  // Access that goes because of a request that came after the record was read has not failed.
  if (state.state === "failed" && (await hasChanged(services, username, record))) return showDesktop(services, call);
  const link =
    opens.has(state.state) && rows && rows.connectionId !== null
      ? {
          url: connectionLink(services.settings.GUACAMOLE_URL, rows.connectionId),
          guacamoleUsername: names.entity,
          ...(record && workspace === wanted && { signInAgain: signInAgain(services, record, record.request.id) }),
        }
      : {};
  const lastFailure =
    outcome?.state === "failed"
      ? {
          lastFailure: {
            workspace: wanted,
            code: outcome.code,
            reason: outcome.reason,
            explanation: explainStored(outcome.code, outcome.reason, outcome.values),
            step: outcome.step,
            at: outcome.at,
            ...(record && { operation: operationIdOf(record.request) }),
          },
        }
      : {};
  const outlook = record && workspace === wanted ? showOutlook(await outlookOf(services, record)) : {};
  const leaving = leaveOf(record);
  const isComing = state.state === "starting" && workspace === wanted && !outcome;
  const since = stateSince(state, surveyed?.desktop ?? { workspace }, record ?? undefined);
  const kept = extensionOf(record ?? undefined, workspace);
  const why = describeWhy(record ?? undefined, workspace, decision);
  return {
    status: 200,
    body: {
      username,
      workspace,
      wanted,
      ...state,
      explanation: explainState(state.state, decision, endIn(record ?? undefined, workspace)),
      since: since ?? (isComing ? record?.request.requestedAt : undefined),
      ...link,
      ...underWay,
      ...outlook,
      ...lastFailure,
      ended,
      lastRefusal,
      leaving,
      kept,
      ...(surveyed?.limits && mayExtend(surveyed, state.state, kept, services.now())),
      ...why,
      ...goals,
    },
  };
}

function absentBecause(record: PersonRecord | null, outcome: Outcome | undefined): string {
  if (!record || record.request.nobodyAsked) return "no desktop was ever requested";
  const { retire, reason } = record.request;
  if (outcome?.state !== "done")
    return retire
      ? "everything that this person had is being removed"
      : "what there is of a desktop is being taken down";
  return retire ? (reason ?? "everything that this person had was removed") : "no desktop was ever requested";
}

function mayExtend(
  { limits, desktop, entitledUntil }: SurveyedDesktop,
  state: DesktopState,
  kept: Extension | undefined,
  now: Date,
) {
  const until =
    limits && opens.has(state)
      ? ownExtensionLimit(limits, { startedAt: desktop.startedAt, entitledUntil }, kept, now)
      : null;
  return until === null ? {} : { mayExtendUntil: until };
}

/** The states in which the person can open the desktop. */
const opens: ReadonlySet<DesktopState> = new Set(["ready", "in-use", "idle"]);
