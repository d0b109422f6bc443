import { expect, it } from "vitest";
import { dayIn } from "./day.ts";

it.each([
  ["UTC", "2026-06-30T23:30:00Z", "2026-06-30"],
  ["Europe/London", "2026-06-30T23:30:00Z", "2026-07-01"],
  ["America/New_York", "2026-01-01T03:00:00Z", "2025-12-31"],
  ["Pacific/Auckland", "2026-12-31T12:00:00Z", "2027-01-01"],
])("in %s the instant %s is on %s", (zone, instant, expected) => {
  expect(dayIn(zone, new Date(instant))).toBe(expected);
});
