import { decideEntitlement } from "../../shared/desktop/entitlement.ts";
import { nameDesktop } from "../../shared/desktop/names.ts";
import { isRefusal } from "../../shared/errors.ts";
import { listedOf } from "../../shared/lifecycle/listed-desktop.ts";
import { endIn } from "../../shared/person/ends.ts";
import { operationIdOf } from "../../shared/person/operation.ts";
import { retirementOf } from "../../shared/person/retirement.ts";
import { lastOutcomeIn, type TimelineEntry, timelineOf } from "../../shared/person/timeline.ts";
import { lookAtObjects } from "../gather/desktop-objects.ts";
import type { ExplainedDesktop, ExplainedDesktops } from "../gather/found-desktops.ts";
import { decidingFor } from "../gather/person-may.ts";
import { namingRules, type Services, today } from "../services.ts";
import type { Answer } from "./endpoint.ts";
import { troubleOf } from "./trouble.ts";
import { describeWhy } from "./why.ts";

/** A desktop that was found by its id, and what is known around it. */
export interface FoundById extends ExplainedDesktop, Pick<ExplainedDesktops, "isolation" | "known" | "unanswered"> {
  at: string;
}

/** Everything about one desktop, for its page: decision, evidence, what is remembered of it, and its objects. */
export async function showOneDesktop(services: Services, found: FoundById): Promise<Answer> {
  const isolation = found.isolation.flatMap((each) =>
    each.edges.map((edge) => `NetworkPolicy ${each.policy}: ${edge}`),
  );
  const { username, workspace, deployment, binding, connectionId, mayBeOpened, record } = found;
  const claims = record?.request.claims ?? {};
  const known = found.known ?? (await decidingFor(services, { username, claims }, workspace));
  const entitlement = decideEntitlement({ username, claims }, workspace, known, today(services));
  const outcome = record && lastOutcomeIn(record, workspace);
  const removal = retirementOf(record, workspace);
  const end = endIn(record, workspace);
  // A request for none may have been about another desktop: its reason is none of this one's.
  const isAbout = record && (record.request.workspace !== null || !end || end.id === record.request.id);
  const { objects, drifts, notCompared, unanswered } = await lookAtObjects(services, found, known);
  return {
    status: 200,
    body: {
      ...listedOf(found, services.now()),
      ...describeWhy(record, workspace, found.decision),
      deployment,
      binding,
      guacamoleUsername: nameDesktop({ workspace, username }, namingRules(services), deployment).entity,
      connectionId,
      mayBeOpened,
      ...(isolation.length > 0 && { isolation }),
      entitlement: isRefusal(entitlement)
        ? { entitled: false, code: entitlement.refused, reason: entitlement.reason }
        : { entitled: true, until: entitlement.until },
      ...(record && {
        request: {
          workspace: record.request.workspace,
          requestedAt: record.request.requestedAt,
          ...(isAbout && { reason: record.request.reason }),
          retire: record.request.retire,
          operation: `/api/operations/${operationIdOf(record.request)}`,
        },
      }),
      ...(outcome && { lastOutcome: { state: outcome.state, at: outcome.at, reason: outcome.reason } }),
      ...(removal && {
        removal: {
          requestedAt: removal.requestedAt,
          reason: removal.reason,
          trouble: removal.trouble && troubleOf(removal.trouble),
        },
      }),
      timeline: record ? timelineOf(record, workspace).map((entry) => showEntry(entry, username)) : [],
      objects,
      drifts,
      notCompared,
      unanswered: [...new Set([...found.unanswered, ...unanswered])],
    },
  };
}

/** Operations are named as everywhere. */
function showEntry(entry: TimelineEntry, username: string) {
  if (entry.kind === "decision") return entry;
  const { id, ...shown } = entry;
  return id === undefined ? shown : { ...shown, operation: `/api/operations/${operationIdOf({ id, username })}` };
}
