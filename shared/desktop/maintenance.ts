import { z } from "zod";
import type { ReasonValues } from "../errors.ts";
import { instant, stored } from "./stored.ts";

/** Who paused something, or resumed it, when, and why. */
const pauseSchema = stored({ by: z.string(), since: instant, reason: z.string().optional() });

/** What administrators have paused. Nothing set: everything runs. */
export const maintenanceSchema = stored({
  /** No desktop is taken down for being idle, or too long up. What a person may not have any more still goes. */
  reaping: pauseSchema.optional(),
  /** No desktop is brought up. */
  activation: pauseSchema.optional(),
  /** Who resumed it last, when, and why: only of what is not paused. */
  resumed: stored({ reaping: pauseSchema.optional(), activation: pauseSchema.optional() }).optional(),
});

export type Pause = z.output<typeof pauseSchema>;
export type Maintenance = z.output<typeof maintenanceSchema>;

/** What an administrator wrote for the people who cannot start. */
export function noteOfPause({ reason }: Pause): ReasonValues | undefined {
  return reason === undefined ? undefined : { note: reason };
}

/** Why nothing is brought up, in words for the person who asks. */
export function describePause({ by, since, reason }: Pause): string {
  return `paused by ${by} since ${since}${reason === undefined ? "" : `: ${reason}`}`;
}
