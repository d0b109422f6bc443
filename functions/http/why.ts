import type { Decision } from "../../shared/desktop/decision.ts";
import { explainNext } from "../../shared/person/explain.ts";
import type { PersonRecord } from "../../shared/person/record.ts";

/** Returns why the desktop is running or not, when that ends, and earlier decisions. */
export function describeWhy(record: PersonRecord | undefined, workspace: string, decision: Decision | undefined) {
  const history = record?.decisions?.filter((taken) => taken.workspace === workspace);
  return {
    decision,
    endsAt: decision?.next?.at,
    endsBecause: decision?.next?.reason,
    endsExplanation: decision?.next && explainNext(decision.next),
    history: history?.map(({ at, action, rule, reason, evidence, next }) => ({
      at,
      action,
      rule,
      reason,
      evidence,
      next,
    })),
  };
}
