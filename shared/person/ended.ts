import type { Rule } from "../desktop/decision.ts";
import { explainEnd } from "./explain.ts";
import { operationIdOf } from "./operation.ts";
import type { PersonRecord } from "./record.ts";
import { outcomeOf } from "./request.ts";

/** How a person's last desktop ended. */
export interface EndedDesktop {
  /** Absent if it is not known any more. */
  workspace?: string | undefined;
  at: string;
  action: "suspend" | "retire";
  /** The rule of reaping; absent if somebody asked for it. */
  rule?: Rule | undefined;
  reason: string;
  /** The same to its person. */
  explanation: string;
  operation: string;
}

/**
 * How the last desktop of a person who wants none now ended; undefined if it has not, or if they never had one.
 *
 * @param left the workspaces in which a desktop of the person is still there: one that is not was removed
 */
export function endedOf(record: PersonRecord | undefined, left: ReadonlySet<string>): EndedDesktop | undefined {
  if (!record || record.request.workspace !== null || record.request.nobodyAsked) return undefined;
  const { request, decisions = [], lastDesktop } = record;
  const outcome = outcomeOf(record);
  if (outcome?.state !== "done") return undefined;
  // A review notes its decision and the request for none at the same instant.
  const decided = decisions.findLast(({ action, at }) => action !== "keep" && at === request.requestedAt);
  const workspace = decided?.workspace ?? lastDesktop;
  if (workspace === undefined && left.size === 0) return undefined;
  const byAdministrator = record.interventions?.findLast(
    ({ id, at }) => id === request.id || at === request.requestedAt,
  );
  const isRemoved = request.retire === true || (workspace === undefined ? left.size === 0 : !left.has(workspace));
  return {
    workspace,
    at: outcome.at,
    action: isRemoved ? "retire" : "suspend",
    rule: decided?.rule,
    reason: request.reason ?? (isRemoved ? "everything that this person had was removed" : "it was stopped on request"),
    explanation: explainEnd({ rule: decided?.rule, reason: request.reason, isRemoved, byAdministrator }),
    operation: operationIdOf(request),
  };
}
