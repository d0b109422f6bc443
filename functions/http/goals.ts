import { describeGoal, type Goal, goalsOf } from "../../shared/person/goals.ts";
import { operationIdOf } from "../../shared/person/operation.ts";
import type { PersonRecord } from "../../shared/person/record.ts";
import { instanceIdOf } from "../../shared/person/work.ts";
import { troubleOf } from "./trouble.ts";

/** Enough to see what is wrong: after a long outage there may be one for everybody. */
const mostShown = 200;

/** What has to hold in the end for these people and does not yet, as it is shown; what has failed for longest comes first. */
export function showGoals(records: Iterable<PersonRecord>) {
  return [...records]
    .flatMap(goalsOf)
    .sort((one, other) => sinceOf(one).localeCompare(sinceOf(other)))
    .slice(0, mostShown)
    .map(({ goal, username, workspace, requestedAt, reason, trouble, operation }) => ({
      goal,
      username,
      workspace,
      requestedAt,
      reason,
      trouble: trouble && troubleOf(trouble),
      operation: operation && `/api/operations/${operationIdOf({ id: operation, username })}`,
    }));
}

/** Goals that no try has reached yet, in words that name no people. */
export function describeGoals(records: readonly PersonRecord[]): string[] {
  const words = records.flatMap((record) =>
    goalsOf(record).flatMap((goal) => describeGoal(goal, instanceIdOf(record.request.username)) ?? []),
  );
  const more = words.length - mostShown;
  return more > 0 ? [...words.slice(0, mostShown), `and ${more} more (GET /maintenance)`] : words;
}

function sinceOf({ trouble, requestedAt }: Goal): string {
  return trouble?.since ?? requestedAt;
}
