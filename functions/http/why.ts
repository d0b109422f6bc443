import type { Decision } from "../../shared/desktop/decision.ts";
import type { ScalingRefusal } from "../../shared/desktop/entitlement.ts";
import { explainStored } from "../../shared/person/explain-codes.ts";
import { explainNext } from "../../shared/person/explain.ts";
import type { PersonRecord } from "../../shared/person/record.ts";

/** Returns why the desktop is running or not, when that ends, and earlier decisions. */
export function describeWhy(record: PersonRecord | undefined, workspace: string, decision: Decision | undefined) {
  const history = record?.decisions?.filter((taken) => taken.workspace === workspace);
  return {
    decision: decision && { ...decision, next: decision.next && showNext(decision.next) },
    endsAt: decision?.next?.at,
    endsBecause: decision?.next?.reason,
    endsExplanation: decision?.next && explainNext(decision.next),
    // A newer release may have written more than is shown.
    history: history?.map(({ at, action, rule, minutes, reason, evidence, next }) => ({
      ...{ at, action, rule, minutes, reason, evidence },
      next: next && showNext(next),
    })),
  };
}

function showNext({ at, action, reason, cause, minutes, kept }: NonNullable<Decision["next"]>) {
  return { at, action, reason, cause, minutes, kept: kept && { by: kept.by, byPerson: kept.byPerson } };
}

/** Why scaling a binding had no effect. */
export function showScalingRefusal({ workspace, at, code, reason, values }: ScalingRefusal & { workspace: string }) {
  return { workspace, at, code, reason, explanation: explainStored(code, reason, values) };
}
