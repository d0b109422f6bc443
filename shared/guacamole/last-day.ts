import { type Day, dayIn } from "../desktop/day.ts";

/** The columns of `guacamole_user` that end a user's access, as they are. */
export interface LastDayColumns {
  /** YYYY-MM-DD; null if unlimited. */
  validUntil: string | null;
  /** Null: that of Guacamole's Java process, which is UTC in its container image. */
  timeZone: string | null;
}

/**
 * What has to be written so that Guacamole lets a user in until the end of that day in a time zone. ModeledUser.getValidUntil
 * (apache/guacamole-client 0968145) takes the date's midnight in the zone of its own process, converts it to the user's zone,
 * and adds the rest of that day: west of UTC this gives the day before, and so the next one has to be written. In a process
 * whose zone is west of UTC a user is let in for one day more; desktops end when they should, whatever Guacamole allows.
 */
export function lastDayColumns(day: Day, timeZone: string): { validUntil: string; timeZone: string } {
  const midnight = Date.parse(`${day}T00:00:00Z`);
  const shifted = dayIn(timeZone, new Date(midnight)) < day;
  return { validUntil: dateText(new Date(midnight + (shifted ? 86_400_000 : 0))), timeZone };
}

/** The last day in a time zone on which Guacamole lets a user in, or in words what the columns say if they are not ours. */
export function lastDayOf({ validUntil, timeZone: own }: LastDayColumns, timeZone: string): Day | null {
  if (validUntil === null) return null;
  const midnight = Date.parse(`${validUntil.length > 10 ? `+${validUntil.padStart(12, "0")}` : validUntil}T00:00:00Z`);
  if (own === timeZone && !Number.isNaN(midnight)) return dayIn(timeZone, new Date(midnight));
  return `${validUntil} in ${own ?? "Guacamole's own time zone"}`;
}

/** As PostgreSQL writes dates: years after 9999 with five digits. */
function dateText(date: Date): string {
  return date.toISOString().replace(/^\+0*/, "").slice(0, -"T00:00:00.000Z".length);
}
