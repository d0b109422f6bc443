import { outcomeOf } from "./outcomes.ts";
import type { PersonRecord, Trouble } from "./record.ts";
import { describeTrouble } from "./trouble.ts";

/** Something that has to hold in the end for a person, and does not yet. */
export interface Goal {
  /** In words: what has to hold. */
  goal: string;
  username: string;
  /** The desktop that it is about; absent if it is about several. */
  workspace?: string | undefined;
  requestedAt: string;
  reason?: string | undefined;
  /** Absent until a try has failed. */
  trouble?: Trouble | undefined;
  /** The request or retirement that it belongs to; absent of a review, which is no operation. */
  operation?: string | undefined;
}

/** Everything that has to hold for this person, and does not yet. A review decides again: it counts once it could not act. */
export function goalsOf(record: PersonRecord): Goal[] {
  const { request, removals = [], reviews = [], others, rollback } = record;
  const { username } = request;
  const goals: Goal[] = [];
  if (request.workspace === null && !outcomeOf(record)) {
    const goal = request.retire ? "everything of this person is removed" : "no desktop of this person runs";
    const { id: operation, requestedAt, reason, trouble } = request;
    goals.push({ goal, username, requestedAt, reason, trouble, operation });
  }
  for (const { id: operation, workspace, requestedAt, reason, trouble } of removals)
    goals.push({ goal: "this desktop is removed", username, workspace, requestedAt, reason, trouble, operation });
  if (others) {
    const { id: operation, except, requestedAt, trouble } = others;
    const goal = `no desktop of this person but the one in ${except} runs`;
    goals.push({ goal, username, requestedAt, trouble, operation });
  }
  if (rollback) {
    const { id: operation, workspace, requestedAt, trouble } = rollback;
    goals.push({
      goal: "what a failed start left behind is undone",
      username,
      workspace,
      requestedAt,
      trouble,
      operation,
    });
  }
  for (const { workspace, requestedAt, trouble } of reviews)
    if (trouble) goals.push({ goal: "this desktop is suspended", username, workspace, requestedAt, trouble });
  return goals;
}

/** True if something has to hold for this desktop of the person, and a try has failed. */
export function isInTrouble(record: PersonRecord, workspace: string): boolean {
  const { except } = record.others ?? {};
  return goalsOf(record).some(
    (goal) => goal.trouble && (goal.workspace === undefined ? workspace !== except : goal.workspace === workspace),
  );
}

/** The goal that takes down this desktop, and what becomes of it; undefined if there is none. */
export function endingOf(
  record: PersonRecord | undefined,
  workspace: string,
): { state: "retiring" | "suspending"; reason: string; since: string } | undefined {
  if (!record) return undefined;
  const { request, removals = [], reviews = [], others } = record;
  const removal = removals.find((each) => each.workspace === workspace);
  if (removal) return ending("retiring", removal, removal.reason);
  if (request.workspace === null && !outcomeOf(record))
    return ending(
      request.retire ? "retiring" : "suspending",
      request,
      request.reason ?? (request.retire ? "everything of its person is being removed" : "it is being suspended"),
    );
  if (others && others.except !== workspace)
    return ending("suspending", others, `its person has the desktop in ${others.except} now`);
  const review = reviews.find((each) => each.workspace === workspace && each.trouble);
  return review && ending("suspending", review, "it is being suspended");
}

function ending(
  state: "retiring" | "suspending",
  { requestedAt, trouble }: { requestedAt: string; trouble?: Trouble | undefined },
  why: string,
) {
  const reason = trouble ? `${why}; ${describeTrouble(trouble)}` : why;
  return { state, reason, since: requestedAt };
}

/** A goal in words, for operators; undefined if no try has failed. Names nobody but by `who`. */
export function describeGoal({ goal, workspace, trouble }: Goal, who: string): string | undefined {
  if (!trouble) return undefined;
  return `${who}${workspace === undefined ? "" : ` in ${workspace}`}: it is to hold that ${goal}; ${describeTrouble(trouble)}`;
}
