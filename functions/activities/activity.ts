import type { TaskHub } from "../work/task-hub.ts";
import type { ActivityName, InputOf, OutputOf } from "../../shared/desktop/activities.ts";
import type { Fence } from "../../shared/person/work.ts";

/** The operators' log and the task hub, for an activity. */
export interface Surroundings {
  error: (message: string) => void;
  info: (message: string) => void;
  hub: TaskHub;
  /** Present if a person's orchestration made the call; writes to their record pass it on. */
  fence: Fence | undefined;
}

/** The implementations of these activities. */
export type Implements<Name extends ActivityName> = {
  [Each in Name]: (input: InputOf<Each>, around: Surroundings) => Promise<OutputOf<Each>>;
};
