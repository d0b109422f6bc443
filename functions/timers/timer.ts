import type { InvocationContext } from "@azure/functions";
import type { TaskHub } from "../work/task-hub.ts";

/** Work on a schedule. */
export interface Timer {
  /** The name of the function. */
  name: string;
  /** NCRONTAB, from the settings. */
  schedule: string;
  run: (hub: TaskHub, context: InvocationContext) => Promise<void>;
}
