import type { Decision } from "../desktop/decision.ts";
import {
  type ClusterSide,
  type DescribedState,
  describeState,
  describeUse,
  type GuacamoleSide,
} from "../desktop/state.ts";
import type { PersonRecord } from "../person/record.ts";
import { retirementOf } from "../person/retirement.ts";

/** A desktop's two sides, as far as they say in which state it is. */
interface Sides {
  cluster: Pick<ClusterSide, "deployment">;
  rows: Pick<GuacamoleSide, "connectionId" | "permissions">;
}

/** Whose it is, and what would be decided about it now; undefined if it does not run. */
interface Around {
  record: PersonRecord | undefined;
  decision: Decision | undefined;
}

/** The state of a person's desktop in a workspace, in the same words wherever somebody asks. */
export function describeDesktop(
  workspace: string,
  { cluster, rows }: Sides,
  { record, decision }: Around,
): DescribedState {
  const { workspace: wanted, reason } = record?.request ?? {};
  return describeUse(describeState(cluster, rows), {
    decision,
    removal: retirementOf(record, workspace),
    noneBecause: wanted === null ? reason : undefined,
  });
}
