import type { DurableClient } from "durable-functions";
import type { ActivityName, Fence, InputOf, OutputOf } from "../../shared/desktop/activities.ts";

/** Where an activity says what operators should read, how it wakes the work on a person's wishes, and the task hub. */
export interface Surroundings {
  error: (message: string) => void;
  info: (message: string) => void;
  wake: (username: string) => Promise<void>;
  client: DurableClient;
  /** Given if a person's orchestration called; writes to their record pass it on. */
  fence: Fence | undefined;
}

/** The implementations of these activities. */
export type Implements<Name extends ActivityName> = {
  [Each in Name]: (input: InputOf<Each>, around: Surroundings) => Promise<OutputOf<Each>>;
};
