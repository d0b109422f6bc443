import type { Decision } from "../desktop/decision.ts";
import {
  type ClusterSide,
  type DescribedState,
  describeState,
  describeUse,
  type GuacamoleSide,
} from "../desktop/state.ts";
import { endIn } from "../person/ends.ts";
import type { PersonRecord } from "../person/record.ts";
import { isBeingChanged } from "../person/left-to-do.ts";
import { endingOf } from "../person/goals.ts";
import { retirementOf } from "../person/retirement.ts";

/** A desktop's two sides, as far as they say in which state it is. */
interface Sides {
  cluster: Pick<ClusterSide, "deployment">;
  /** Null: Guacamole's database does not answer. */
  rows: Pick<GuacamoleSide, "connectionId" | "permissions"> | null;
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
  const wanted = record?.request.workspace;
  const end = endIn(record, workspace);
  if (!rows) {
    const mayEnd = cluster.deployment !== null || retirementOf(record, workspace) !== undefined;
    const ending = mayEnd ? endingOf(record, workspace) : undefined;
    return describeUse(withoutRows(cluster), { decision, ending, end });
  }
  const isBroughtUp = record !== undefined && isBeingChanged(record, workspace);
  const state = describeState(cluster, rows);
  const shown = isBroughtUp
    ? state
    : withoutAccess(state, { cluster, rows }, { wanted: wanted === workspace, decision });
  // Of a desktop that is being removed there may be more than its state shows; of others, what is not there is absent.
  const isAbsent = state.state === "absent" && !retirementOf(record, workspace);
  return describeUse(shown, { decision, ending: isAbsent ? undefined : endingOf(record, workspace), end });
}

/** What the container alone says. Whether a desktop can be opened, and with that most states, is in the database. */
function withoutRows({ deployment }: Sides["cluster"]): DescribedState {
  if (deployment && deployment.replicas > 0 && deployment.ready === 0)
    return { state: "starting", reason: "the container is not ready yet" };
  const container = !deployment
    ? "there is no container"
    : `the container is ${deployment.replicas > 0 ? "ready" : "stopped"}`;
  return {
    state: "unknown",
    reason: `${container}, but Guacamole's database does not answer now, so it is not known whether the desktop can be opened; ask for it: that also starts a database that is stopped`,
  };
}

/**
 * A container that is ready and cannot be opened is starting only while somebody brings it up. Otherwise access was
 * withdrawn because it goes down, or its rows were changed or removed in Guacamole: sessions that are open go on then, and
 * nobody can open a new one.
 */
function withoutAccess(
  state: DescribedState,
  { cluster: { deployment }, rows }: { cluster: Sides["cluster"]; rows: NonNullable<Sides["rows"]> },
  { wanted, decision }: { wanted: boolean; decision: Decision | undefined },
): DescribedState {
  if (state.state !== "starting" || !deployment || deployment.ready === 0) return state;
  if (decision?.action === "suspend") return { state: "suspending", reason: decision.reason };
  const [what, repair] =
    rows.connectionId === null
      ? ["Guacamole has no connection for it", "writes it again"]
      : ["its person may not open it", "grants access again"];
  const remedy = wanted ? `the next reconciliation ${repair}` : "ask for it again";
  return { state: "failed", reason: `the container is ready, but ${what}; open sessions go on; ${remedy}` };
}
