import type { Task } from "durable-functions";
import { type DesktopDrift, type Drift, driftKinds, type DriftSurvey } from "../shared/lifecycle/drift.ts";
import { keyText } from "../shared/desktop/names.ts";
import { inChunks } from "./reap.ts";
import { problemOf, type Workflow } from "./workflow.ts";

/** The name of the orchestration, and the id of its only instance. */
export const reconcileName = "reconcile";

export interface ReconcileInput {
  /** The percentage of all desktops that may go, instead of the setting. */
  sharePercent?: number | undefined;
  /** An administrator saw that so many desktops would go: exactly so many may, or nothing is done. */
  confirmed?: number | undefined;
}

/** What a run did, kept as its output. */
export interface ReconcileRun extends DriftSurvey {
  /** What could not be handed over. */
  failed: { kind: Drift["kind"]; workspace?: string | undefined; username?: string | undefined; reason: string }[];
}

/**
 * Finds drift, and hands each item to the holder of its lock: a person's orchestration, or a workspace's transaction.
 * If a source of truth cannot be read, or is implausible, nothing is done.
 */
export function* reconcile(
  workflow: Workflow,
  { sharePercent, confirmed }: ReconcileInput,
): Generator<Task, ReconcileRun> {
  let survey: DriftSurvey;
  try {
    survey = yield* workflow.call("surveyDrift", { sharePercent, confirmed });
  } catch (error) {
    const refused = problemOf(error).reason;
    return {
      at: workflow.now().toISOString(),
      desktops: 0,
      drifts: [],
      later: 0,
      goes: 0,
      refused,
      unanswered: [],
      failed: [],
    };
  }
  if (survey.refused !== undefined) return { ...survey, failed: [] };

  const failed: ReconcileRun["failed"] = [];
  const of = <Wanted extends Drift>(deed: (typeof driftKinds)[Drift["kind"]]) =>
    survey.drifts.filter((drift): drift is Wanted => driftKinds[drift.kind] === deed);
  const note = (drifts: readonly Drift[], ends: readonly ({ failed: string } | null)[]) => {
    for (const [index, { kind, workspace, username }] of drifts.entries()) {
      const reason = ends[index]?.failed;
      if (reason !== undefined) failed.push({ kind, workspace, username, reason });
    }
  };

  const groups = of<Drift & { workspace: string }>("merge groups");
  note(groups, yield* inChunks(workflow, "mergeGroups", groups));
  const people = of<Drift & { username: string }>("retire person");
  note(people, yield* inChunks(workflow, "retirePerson", people));
  const removals = onePerDesktop(of<DesktopDrift>("retire"));
  note(removals, yield* inChunks(workflow, "removeDesktop", removals));
  const leavers = of<DesktopDrift>("leave");
  note(leavers, yield* inChunks(workflow, "beginLeave", leavers));
  const changed = onePerDesktop(of<DesktopDrift>("end pods"));
  if (changed.length > 0) {
    const end = yield* workflow.call("endChangedPods", {
      of: changed.map(({ workspace, username }) => ({ workspace, username })),
    });
    note(
      changed,
      changed.map(() => end),
    );
  }
  const reviews = onePerDesktop(of<DesktopDrift>("review"));
  const nominations = reviews.map(({ username, workspace }) => ({ username, workspace, by: reconcileName }));
  note(reviews, yield* inChunks(workflow, "nominate", nominations));
  return { ...survey, failed };
}

function onePerDesktop(drifts: readonly DesktopDrift[]): DesktopDrift[] {
  const first = new Map(drifts.toReversed().map((drift) => [keyText(drift), drift]));
  return [...first.values()].reverse();
}
