import type { Task } from "durable-functions";
import type { Notice } from "../shared/person/notice.ts";
import { countsAtAnyAge } from "../shared/lifecycle/notices.ts";
import { problemOf, type Workflow } from "./workflow.ts";

/** The orchestration's name. Its instance id is derived from the notice: each is followed once. */
export const followNoticeName = "followNotice";

/** How many people one activity takes: it must end in time even while the identity provider hangs. */
const atOnce = 40;

/** The pauses before each retry: rides out an outage of an hour and 50 minutes. */
const patienceSeconds = [60, 300, 900, 1_800, 3_600];
export const longestPauseSeconds = Math.max(...patienceSeconds);

/** How often more what is true at any age is tried: every hour for a week. Nobody else would tell of it again. */
const moreTries = 7 * 24;

export interface FollowNoticeInput {
  notice: Notice;
  /** Until when the same notice could be replayed and accepted as genuine. */
  replayableUntil: string;
}

/**
 * Acts on a notice of the identity provider, for everybody whom it concerns. The notice is not sent again, so this
 * outlasts outages; a deletion is tried for a week. It stays unfinished for as long as the notice could be replayed,
 * because an unfinished instance cannot be started a second time.
 */
export function* followNotice(
  workflow: Workflow,
  { notice, replayableUntil }: FollowNoticeInput,
): Generator<Task, void> {
  const people = yield* persist(workflow, notice, () => workflow.call("findPeople", notice));
  if (people.length > 1 && !workflow.startedBefore("1.1")) yield* applyToMany(workflow, notice, people);
  else
    for (const username of people)
      yield* persist(workflow, notice, () => workflow.call("applyNotice", { notice, username }));
  const left = Date.parse(replayableUntil) - workflow.now().getTime();
  if (left > 0) yield* workflow.pause(left / 1_000);
}

/** One person's trouble must not keep the others waiting: who failed is tried again later, and the rest go on. */
function* applyToMany(workflow: Workflow, notice: Notice, people: readonly string[]): Generator<Task, void> {
  let left = people;
  yield* persist(workflow, notice, function* () {
    const failures = [];
    for (let next = 0; next < left.length; next += atOnce) {
      const usernames = left.slice(next, next + atOnce);
      failures.push(yield* workflow.call("applyNoticeToMany", { notice, usernames }));
    }
    left = failures.flatMap(({ failed }) => failed);
    const reason = failures.find(({ failed }) => failed.length > 0)?.reason;
    if (reason !== undefined) throw new Error(reason);
  });
}

function* persist<Result>(
  workflow: Workflow,
  notice: Notice,
  attempt: () => Generator<Task, Result>,
): Generator<Task, Result> {
  const isAlwaysTrue = countsAtAnyAge(notice, false);
  const pauses = [...patienceSeconds, ...(isAlwaysTrue ? Array<number>(moreTries).fill(longestPauseSeconds) : [])];
  for (const seconds of pauses) {
    try {
      return yield* attempt();
    } catch (error) {
      // Not an outage but a bug, which waiting does not cure. A new release may cure it.
      if (problemOf(error).code === "internal" && !isAlwaysTrue) throw error;
      yield* workflow.pause(seconds);
    }
  }
  return yield* attempt();
}
