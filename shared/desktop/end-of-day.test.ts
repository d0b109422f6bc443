import fc from "fast-check";
import { expect, it } from "vitest";
import { dayIn, endOfDay } from "./day.ts";

it.each([
  ["UTC", "2026-06-15", "2026-06-16T00:00:00.000Z", "at midnight"],
  ["Europe/London", "2026-01-15", "2026-01-16T00:00:00.000Z", "in winter"],
  ["Europe/London", "2026-06-15", "2026-06-15T23:00:00.000Z", "in summer"],
  ["Europe/London", "2026-03-28", "2026-03-29T00:00:00.000Z", "before clocks go forward"],
  ["Europe/London", "2026-03-29", "2026-03-29T23:00:00.000Z", "an hour early when clocks went forward"],
  ["Europe/London", "2026-10-24", "2026-10-24T23:00:00.000Z", "before clocks go back"],
  ["Europe/London", "2026-10-25", "2026-10-26T00:00:00.000Z", "an hour late when clocks went back"],
  ["Europe/London", "2028-02-28", "2028-02-29T00:00:00.000Z", "before a leap day"],
  ["Europe/London", "2026-12-31", "2027-01-01T00:00:00.000Z", "with the year"],
  ["Asia/Kathmandu", "2026-06-15", "2026-06-15T18:15:00.000Z", "at a quarter past an hour of UTC"],
  ["America/Sao_Paulo", "2018-11-03", "2018-11-04T03:00:00.000Z", "at 01:00, since there is no midnight"],
  ["America/Sao_Paulo", "2018-11-04", "2018-11-05T02:00:00.000Z", "after 23 hours, begun without midnight"],
  ["America/Sao_Paulo", "2018-02-17", "2018-02-18T03:00:00.000Z", "at the second midnight, since clocks go back at it"],
  ["Africa/Cairo", "2024-04-25", "2024-04-25T22:00:00.000Z", "at 01:00, since there is no midnight"],
  ["Africa/Cairo", "2024-04-26", "2024-04-26T21:00:00.000Z", "after 23 hours, begun without midnight"],
  ["Pacific/Kiritimati", "2026-06-15", "2026-06-15T10:00:00.000Z", "first on earth"],
  ["Etc/GMT-14", "2026-12-31", "2026-12-31T10:00:00.000Z", "first on earth, with the year"],
  ["Pacific/Apia", "2020-01-15", "2020-01-15T10:00:00.000Z", "first on earth, in summer"],
  ["Pacific/Apia", "2020-06-15", "2020-06-15T11:00:00.000Z", "an hour after the first, in winter"],
  ["Pacific/Apia", "2020-04-04", "2020-04-04T10:00:00.000Z", "first on earth, before clocks go back"],
  ["Pacific/Pago_Pago", "2026-06-15", "2026-06-16T11:00:00.000Z", "last where people live"],
  ["Etc/GMT+12", "2026-06-15", "2026-06-16T12:00:00.000Z", "last on earth"],
  ["UTC", "0001-01-01", "0001-01-02T00:00:00.000Z", "in the first year"],
  ["UTC", "9999-12-30", "9999-12-31T00:00:00.000Z", "on the last day but one"],
  ["UTC", "9999-12-31", "9999-12-31T23:59:59.999Z", "on the last day, which has no day after it"],
  ["America/New_York", "9999-12-31", "9999-12-31T23:59:59.999Z", "with the year in Greenwich"],
  ["Pacific/Kiritimati", "9999-12-31", "9999-12-31T10:00:00.000Z", "first on earth, for the last time"],
  ["Pacific/Apia", "2011-12-29", "2011-12-30T10:00:00.000Z", "before a day that was skipped"],
  ["Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00.000Z", "at once, since it was skipped"],
  ["Pacific/Kwajalein", "1969-09-30", "1969-10-01T12:00:00.000Z", "after 47 hours, since the date line moved"],
  ["America/St_Johns", "2006-10-28", "2006-10-29T03:30:00.000Z", "for good: at 00:01 clocks went back to 23:01"],
  ["Antarctica/Casey", "2010-03-04", "2010-03-04T16:00:00.000Z", "for good: at 02:00 clocks went back to 23:00"],
])("in %s the day %s is over at %s: %s", (zone, day, expected) => {
  expect(endOfDay(zone, day).toISOString()).toBe(expected);
});

const furthest = ["Etc/GMT-14", "Pacific/Kiritimati", "Pacific/Apia", "Etc/GMT+12", "Pacific/Pago_Pago"];
const year = fc.oneof(fc.integer({ min: 1969, max: 2038 }), fc.constantFrom(1, 999, 1_582, 2_000, 9_998, 9_999));
const monthAndDay = fc.oneof(
  fc.integer({ min: 0, max: 365 }).map((days) => new Date(Date.UTC(2_000, 0, 1 + days)).toISOString().slice(4, 10)),
  fc.constantFrom("-01-01", "-02-28", "-02-29", "-03-01", "-12-30", "-12-31"),
);
const day = fc
  .tuple(year, monthAndDay)
  .map(([year, rest]) => `${String(year).padStart(4, "0")}${rest}`)
  .filter((text) => new Date(`${text}T00:00:00Z`).toISOString().startsWith(text));
const skipped = ["1969-", "1993-08-2", "1994-12-31", "1995-01-01", "2011-12-30"];

it.each([
  ["everywhere", Intl.supportedValuesOf("timeZone")],
  ["furthest from Greenwich", furthest],
])("a millisecond before its end it is still that day, and from its end on never again: %s", (_where, zones) => {
  fc.assert(
    fc.property(fc.constantFrom(...zones), day, (zone, day) => {
      const end = endOfDay(zone, day);
      const before = dayIn(zone, new Date(end.getTime() - 1));
      if (skipped.some((each) => day.startsWith(each))) expect(before <= day).toBe(true);
      else expect(before).toBe(day);
      expect(end.toISOString() <= "9999-12-31T23:59:59.999Z").toBe(true);
      if (day === "9999-12-31") return;
      for (let half = 0; half <= 60; half += 1)
        expect(dayIn(zone, new Date(end.getTime() + half * 1_800_000)) > day).toBe(true);
    }),
    { numRuns: 300 },
  );
});
