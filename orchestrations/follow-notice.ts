import type { Task } from "durable-functions";
import type { Notice } from "../shared/person/notice.ts";
import { problemOf, type Workflow } from "./workflow.ts";

/** The name under which the orchestration is registered. Its instance id is that of what told us: each is followed once. */
export const followNoticeName = "followNotice";

/** How long to wait before what could not be done is tried again: rides out an outage of two hours. */
const patienceSeconds = [60, 300, 900, 1_800, 3_600];
export const longestPauseSeconds = Math.max(...patienceSeconds);

export interface FollowNoticeInput {
  notice: Notice;
  /** Until when the same could be sent again and be taken for genuine. */
  replayableUntil: string;
}

/**
 * Does what the identity provider's word asks for, for everybody whom it concerns. Whoever told us will not do so again, so
 * it outlasts outages. It goes on for as long as the same word could be sent again, because whatever goes on cannot be
 * started a second time.
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
      if (problemOf(error).code === "internal") throw error; // no outage: a fault of ours, which waiting does not cure
      yield* workflow.pause(seconds);
    }
  }
  return yield* attempt();
}
