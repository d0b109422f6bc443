import type { InvocationContext } from "@azure/functions";
import type { TaskHub } from "../work/task-hub.ts";

/** What a run did: how many of what, by the word that an answer of the API has for it. Zero may be left out. */
export type Counts = Readonly<Record<string, number>>;

/** Work on a schedule. */
export interface Timer {
  /** The name of the function. */
  name: string;
  /** NCRONTAB, from the settings. */
  schedule: string;
  run: (hub: TaskHub, context: InvocationContext) => Promise<Counts>;
}
