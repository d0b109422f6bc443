import type { ActivityName, InputOf, OutputOf } from "../../shared/desktop/activities.ts";

/** Where an activity says what operators should read, and how it wakes the work on a person's wishes. */
export interface Surroundings {
  error: (message: string) => void;
  info: (message: string) => void;
  wake: (username: string) => Promise<void>;
}

/** The implementations of these activities. */
export type Implements<Name extends ActivityName> = {
  [Each in Name]: (input: InputOf<Each>, around: Surroundings) => Promise<OutputOf<Each>>;
};
