import type { InvocationContext } from "@azure/functions";
import type { DurableClient } from "durable-functions";

/** Work that is done again and again. */
export interface Timer {
  /** Of the function. */
  name: string;
  /** NCRONTAB, as the settings have it. */
  schedule: string;
  run: (client: DurableClient, context: InvocationContext) => Promise<void>;
}
