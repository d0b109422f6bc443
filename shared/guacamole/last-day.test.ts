import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dayIn, endOfDay } from "../desktop/day.ts";
import { lastDayColumns, type LastDayColumns, lastDayOf } from "./last-day.ts";

/** ModeledUser.getValidUntil and getTimeZone (apache/guacamole-client 0968145) in a process with this zone. */
function guacamoleLetsInUntil({ validUntil, timeZone }: LastDayColumns, process: string): Date {
  const dayBefore = new Date(Date.parse(`${validUntil ?? ""}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);
  const midnight = endOfDay(process, dayBefore);
  const zone = timeZone ?? process;
  return endOfDay(zone, dayIn(zone, midnight));
}

describe("the columns of a user's last day", () => {
  it.each([
    ["Europe/London", "2026-06-30", "2026-06-30"],
    ["Pacific/Kiritimati", "2026-06-30", "2026-06-30"],
    ["UTC", "2026-06-30", "2026-06-30"],
    ["America/New_York", "2026-06-30", "2026-07-01"],
    ["America/New_York", "2028-02-28", "2028-02-29"],
    ["Atlantic/Azores", "2026-01-15", "2026-01-16"],
    ["Atlantic/Azores", "2026-07-15", "2026-07-15"],
    ["Europe/London", "9999-12-31", "9999-12-31"],
    ["America/New_York", "9999-12-31", "10000-01-01"],
  ])("in %s for %s have %s", (timeZone, day, validUntil) => {
    expect(lastDayColumns(day, timeZone)).toEqual({ validUntil, timeZone });
    expect(lastDayOf({ validUntil, timeZone }, timeZone)).toBe(day);
  });

  const zone = fc.constantFrom(...Intl.supportedValuesOf("timeZone"));
  const day = fc
    .date({ min: new Date("2012-01-01"), max: new Date("9998-12-31"), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 10));

  it("let a user in exactly until that day ends, whatever the zone, if Guacamole's process runs in UTC", () => {
    fc.assert(
      fc.property(zone, day, (zone, day) => {
        const columns = lastDayColumns(day, zone);
        expect(guacamoleLetsInUntil(columns, "UTC")).toEqual(endOfDay(zone, day));
        expect(lastDayOf(columns, zone)).toBe(day);
      }),
      { numRuns: 300 },
    );
  });

  it("lock nobody out before the day ends if Guacamole's process runs in the zone itself", () => {
    fc.assert(
      fc.property(zone, day, (zone, day) => {
        const end = guacamoleLetsInUntil(lastDayColumns(day, zone), zone).getTime();
        expect(end).toBeGreaterThanOrEqual(endOfDay(zone, day).getTime());
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    [{ validUntil: null, timeZone: null }, null],
    [{ validUntil: null, timeZone: "Asia/Tokyo" }, null],
    [{ validUntil: "2026-06-30", timeZone: null }, "2026-06-30 in Guacamole's own time zone"],
    [{ validUntil: "2026-06-30", timeZone: "Asia/Tokyo" }, "2026-06-30 in Asia/Tokyo"],
    [{ validUntil: "2026-06-30", timeZone: "nonsense" }, "2026-06-30 in nonsense"],
  ])("that somebody else wrote, %j, are told as they are", (columns, expected) => {
    expect(lastDayOf(columns, "Europe/London")).toBe(expected);
  });
});
