import type { Task } from "durable-functions";
import type { Notice } from "../shared/person/notice.ts";
import { problemOf, type Workflow } from "./workflow.ts";

/** The orchestration's name. Its instance id is derived from the notice: each is followed once. */
export const followNoticeName = "followNotice";

/** The pauses before each retry: rides out an outage of more than an hour and a half. */
const patienceSeconds = [60, 300, 900, 1_800, 3_600];
export const longestPauseSeconds = Math.max(...patienceSeconds);

export interface FollowNoticeInput {
  notice: Notice;
  /** Until when the same notice could be replayed and accepted as genuine. */
  replayableUntil: string;
}

/**
 * Acts on a notice of the identity provider, for everybody whom it concerns. The notice is not sent again, so this
 * outlasts outages. It stays unfinished for as long as the notice could be replayed, because an unfinished instance
 * cannot be started a second time.
 */
export function* followNotice(
  workflow: Workflow,
  { notice, replayableUntil }: FollowNoticeInput,
): Generator<Task, void> {
  const people = yield* persist(workflow, () => workflow.call("findPeople", notice));
  for (const username of people) yield* persist(workflow, () => workflow.call("applyNotice", { notice, username }));
  const left = Date.parse(replayableUntil) - workflow.now().getTime();
  if (left > 0) yield* workflow.pause(left / 1_000);
}

function* persist<Result>(workflow: Workflow, attempt: () => Generator<Task, Result>): Generator<Task, Result> {
  for (const seconds of patienceSeconds) {
    try {
      return yield* attempt();
    } catch (error) {
      if (problemOf(error).code === "internal") throw error; // not an outage but a bug, which waiting does not cure
      yield* workflow.pause(seconds);
    }
  }
  return yield* attempt();
}
