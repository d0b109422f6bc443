import type { InvocationContext } from "@azure/functions";
import type { TaskHub } from "../work/task-hub.ts";

/** Work that is done again and again. */
export interface Timer {
  /** Of the function. */
  name: string;
  /** NCRONTAB, as the settings have it. */
  schedule: string;
  run: (hub: TaskHub, context: InvocationContext) => Promise<void>;
}
