import { type Rule, rules } from "../desktop/decision.ts";
import { endOfRequest, lastOfOlder, newestEnd } from "./ends.ts";
import { explainEnd } from "./explain.ts";
import { operationIdOf } from "./operation.ts";
import type { PersonRecord } from "./record.ts";
import { outcomeOf } from "./outcomes.ts";

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
  const { request } = record;
  const outcome = outcomeOf(record);
  if (outcome?.state !== "done") return undefined;
  const noted = newestEnd(record);
  const workspace = noted?.workspace ?? lastOfOlder(record);
  if (workspace === undefined && left.size === 0) return undefined;

  const end = noted ?? endOfRequest(record, outcome.at);
  const wasThere = !end.neverUp && end.why.kind !== "cancelled" && end.why.kind !== "failed";
  const isGone = workspace === undefined ? left.size === 0 : !left.has(workspace);
  const action = request.retire || end.action === "retire" || (isGone && wasThere) ? "retire" : "suspend";
  return {
    workspace,
    at: end.at,
    action,
    rule: rules.find((rule) => end.why.kind === "rule" && rule === end.why.rule),
    reason: end.reason,
    explanation: explainEnd({ ...end, action }),
    operation: operationIdOf({ ...request, id: end.id ?? request.id }),
  };
}
