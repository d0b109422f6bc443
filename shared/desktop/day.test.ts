import { expect, it } from "vitest";
import { dayIn } from "./day.ts";

it.each([
  ["UTC", "2026-06-30T23:30:00Z", "2026-06-30"],
  ["Europe/London", "2026-06-30T23:30:00Z", "2026-07-01"],
  ["America/New_York", "2026-01-01T03:00:00Z", "2025-12-31"],
  ["Pacific/Auckland", "2026-12-31T12:00:00Z", "2027-01-01"],
  ["UTC", "0001-01-01T00:00:00Z", "0001-01-01"],
  ["America/New_York", "0001-01-01T00:00:00Z", "0000-12-31"],
  ["Pacific/Apia", "2011-12-30T09:59:59Z", "2011-12-29"],
  ["Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-31"],
  ["Pacific/Auckland", "9999-12-31T12:00:00Z", "9999-12-31"],
  ["UTC", "+012345-06-07T00:00:00Z", "9999-12-31"],
])("in %s the instant %s is on %s", (zone, instant, expected) => {
  expect(dayIn(zone, new Date(instant))).toBe(expected);
});
