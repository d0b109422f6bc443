import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parsePlaceholders, placeholdersAt } from "./placeholders.ts";

const weekday = "Mon-Fri 08:15-10:00 Europe/London: 8";

/** How many places are kept free at these instants. */
function countsAt(schedule: string, instants: readonly string[]): number[] {
  const windows = parsePlaceholders(schedule);
  if ("fault" in windows) throw new Error(windows.fault);
  return instants.map((instant) => placeholdersAt(windows, new Date(instant)));
}

describe("a schedule of placeholders", () => {
  it("holds from its first minute until the one before its last", () => {
    const instants = ["08:14:59", "08:15:00", "09:59:59", "10:00:00"].map((time) => `2026-01-05T${time}Z`);
    expect(countsAt(weekday, instants)).toEqual([0, 8, 8, 0]);
  });

  it("holds on its days only", () => {
    const week = [5, 6, 7, 8, 9, 10, 11].map((day) => `2026-01-${String(day).padStart(2, "0")}T09:00:00Z`);
    expect(countsAt(weekday, week)).toEqual([8, 8, 8, 8, 8, 0, 0]);
    expect(countsAt("Mon,Wed,Sat-Sun 08:00-10:00 UTC: 3", week)).toEqual([3, 0, 3, 0, 0, 3, 3]);
  });

  it.each([
    // The last working day before London's clocks change, and the first after it.
    ["spring 2026", "2026-03-27T08:15:00Z", "2026-03-30T07:15:00Z"],
    ["autumn 2026", "2026-10-23T07:15:00Z", "2026-10-26T08:15:00Z"],
    ["spring 2027", "2027-03-26T08:15:00Z", "2027-03-29T07:15:00Z"],
    ["autumn 2027", "2027-10-29T07:15:00Z", "2027-11-01T08:15:00Z"],
  ])("begins by London's clocks before and after they change in %s", (_, before, after) => {
    const minuteBefore = (instant: string) => new Date(Date.parse(instant) - 60_000).toISOString();
    expect(countsAt(weekday, [minuteBefore(before), before, minuteBefore(after), after])).toEqual([0, 8, 0, 8]);
  });

  it.each([
    // Clocks skip from 01:00 to 02:00, and show the hour from 01:00 twice.
    ["2026-03-29", 1],
    ["2026-10-25", 3],
    ["2027-03-28", 1],
    ["2027-10-31", 3],
  ])("follows the clocks in the night of %s, when a window of two hours takes %d", (day, hours) => {
    const midnight = Date.parse(`${day}T00:00:00Z`);
    const minutes = Array.from({ length: 360 }, (_, minute) =>
      new Date(midnight + (minute - 60) * 60_000).toISOString(),
    );
    const held = countsAt("Sun 00:30-02:30 Europe/London: 1", minutes).reduce((sum, count) => sum + count, 0);
    expect(held).toBe(hours * 60);
  });

  it("keeps the largest number free where windows overlap", () => {
    const both = `${weekday}; Mon 09:00-12:00 Europe/London: 20`;
    expect(
      countsAt(
        both,
        ["08:30", "09:30", "11:00"].map((time) => `2026-01-05T${time}:00Z`),
      ),
    ).toEqual([8, 20, 20]);
  });

  it("can last until midnight, and be written with dashes", () => {
    expect(countsAt("Mon–Fri 22:00–24:00 UTC: 1", ["2026-01-05T23:59:59Z", "2026-01-06T00:00:00Z"])).toEqual([1, 0]);
  });

  it.each([
    ["Mon-Fri 08:15-10:00: 8", "cannot be read"],
    ["Mon-Fri 08:15 Europe/London: 8", "cannot be read"],
    ["Mo-Fr 08:15-10:00 Europe/London: 8", "a day"],
    ["Fri-Mon 08:15-10:00 Europe/London: 8", "a day"],
    ["Mon-Fri 8:15-10:00 Europe/London: 8", "a time"],
    ["Mon-Fri 08:75-10:00 Europe/London: 8", "a time"],
    ["Mon-Fri 22:00-02:00 Europe/London: 8", "ends before"],
    ["Mon-Fri 08:15-10:00 Europe/Londinium: 8", "a time zone"],
    ["Mon-Fri 08:15-10:00 Europe/London: 1001", "more than 1000"],
  ])("%s is refused with the reason", (text, reason) => {
    expect(parsePlaceholders(`${weekday}; ${text}`)).toMatchObject({
      fault: expect.stringContaining(reason) as unknown,
    });
  });

  it("may be empty: then nothing is kept free", () => {
    expect(countsAt(" ; ", ["2026-01-05T09:00:00Z"])).toEqual([0]);
  });

  it("is read or refused, and never throws", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (text) => {
        const windows = parsePlaceholders(text);
        return "fault" in windows || placeholdersAt(windows, new Date(0)) >= 0;
      }),
    );
  });
});
