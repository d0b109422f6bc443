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
])("in %s the day %s is over at %s: %s", (zone, day, expected) => {
  expect(endOfDay(zone, day).toISOString()).toBe(expected);
});

const furthest = ["Etc/GMT-14", "Pacific/Kiritimati", "Pacific/Apia", "Etc/GMT+12", "Pacific/Pago_Pago"];

it.each([
  ["everywhere", Intl.supportedValuesOf("timeZone")],
  ["furthest from Greenwich", furthest],
])("a millisecond before its end it is still that day, and at its end a later one: %s", (_where, zones) => {
  const zone = fc.constantFrom(...zones);
  // From 2012: Samoa had no 30 December 2011 at all.
  const day = fc
    .date({ min: new Date("2012-01-01"), max: new Date("2050-12-31"), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 10));
  fc.assert(
    fc.property(zone, day, (zone, day) => {
      const end = endOfDay(zone, day);
      expect(dayIn(zone, new Date(end.getTime() - 1))).toBe(day);
      expect(dayIn(zone, end) > day).toBe(true);
    }),
    { numRuns: 500 },
  );
});
