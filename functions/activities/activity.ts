import type { TaskHub } from "../work/task-hub.ts";
import type { ActivityName, InputOf, OutputOf } from "../../shared/desktop/activities.ts";
import type { Fence } from "../../shared/person/work.ts";

/** What an activity gets besides its input. */
export interface Surroundings {
  /** The operators' log. */
  error: (message: string) => void;
  info: (message: string) => void;
  /** Present if a person's orchestration made the call; writes to their record pass it on. */
  fence: Fence | undefined;
}

/** For those that start, wake or read orchestrations. */
export interface HubSurroundings extends Surroundings {
  hub: TaskHub;
}

/** The activities that get the task hub. The host makes a Durable client for each of their calls, and for no other. */
export const hubActivities = [
  "waitReady",
  "recordOutcome",
  "recordRemoval",
  "recordReview",
  "endSomeSessions",
  "applyNotice",
  "applyNoticeToMany",
  "nominate",
  "removeDesktop",
  "retirePerson",
  "purgeFinished",
  "restartNotices",
  "forgetPeople",
] as const satisfies readonly ActivityName[];

type SurroundingsOf<Name> = Name extends (typeof hubActivities)[number] ? HubSurroundings : Surroundings;

/** The implementations of these activities. */
export type Implements<Name extends ActivityName> = {
  [Each in Name]: (input: InputOf<Each>, around: SurroundingsOf<Each>) => Promise<OutputOf<Each>>;
};
