import type { ActivityName, InputOf, OutputOf } from "../../shared/desktop/activities.ts";

/** Where an activity says what operators should read. */
export interface Log {
  error(message: string): void;
}

/** The implementations of these activities. */
export type Implements<Name extends ActivityName> = {
  [Each in Name]: (input: InputOf<Each>, log: Log) => Promise<OutputOf<Each>>;
};
