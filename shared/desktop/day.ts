/** A whole day as `YYYY-MM-DD`; compares with `<` and `>` as text. The last one is 9999-12-31. */
export type Day = string;

const dayMilliseconds = 86_400_000;
const hourMilliseconds = 3_600_000;
/** Instants are compared as text too, and `toISOString` writes later years with a sign, which sorts before every digit. */
const lastInstant = Date.parse("9999-12-31T23:59:59.999Z");
const firstInstant = Date.parse("0000-01-01T00:00:00.000Z");

/** Making one takes longer than a hundred uses of it, and the end of a day is found by many. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatIn(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (!format) {
    const parts = { era: "short", year: "numeric", month: "2-digit", day: "2-digit" } as const;
    format = new Intl.DateTimeFormat("en-GB", { timeZone, ...parts });
    formats.set(timeZone, format);
  }
  return format;
}

/** The midnight in Greenwich of the day that it is at that instant in a time zone. */
function dayAt(timeZone: string, instant: number): number {
  const parts: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {};
  for (const { type, value } of formatIn(timeZone).formatToParts(instant)) parts[type] = value;
  const year = parts.era === "BC" ? 1 - Number(parts.year) : Number(parts.year);
  return new Date(0).setUTCFullYear(year, Number(parts.month) - 1, Number(parts.day));
}

/** The day it is at that instant in a time zone (IANA name). */
export function dayIn(timeZone: string, instant: Date): Day {
  const midnight = Math.min(Math.max(dayAt(timeZone, instant.getTime()), firstInstant), lastInstant);
  return new Date(midnight).toISOString().slice(0, 10);
}

/** Finding one takes thirty conversions, and many desktops end on the same day. */
const ends = new Map<string, number>();
const mostEnds = 10_000;

/**
 * The instant at which that day is over in a time zone for good: its clocks show midnight, or what they skip to. Not later
 * than the last instant of 9999 in Greenwich.
 */
export function endOfDay(timeZone: string, day: Day): Date {
  const key = `${timeZone} ${day}`;
  const known = ends.get(key) ?? findEndOfDay(timeZone, day);
  if (ends.size >= mostEnds) ends.clear();
  ends.set(key, known);
  return new Date(known);
}

function findEndOfDay(timeZone: string, day: Day): number {
  const wanted = Date.parse(`${day}T00:00:00Z`);
  const isOver = (instant: number) => dayAt(timeZone, instant) > wanted;
  const between = (before: number, after: number): number => {
    while (after - before > 1_000) {
      const middle = before + Math.floor((after - before) / 2_000) * 1_000;
      if (isOver(middle)) after = middle;
      else before = middle;
    }
    return after;
  };
  // Clocks have been up to 16 hours apart from Greenwich's, in both directions.
  const midnight = wanted + dayMilliseconds;
  const end = between(midnight - 17 * hourMilliseconds, midnight + 17 * hourMilliseconds);
  // Clocks that go back after midnight begin the last hours of the day again: America/St_Johns did so at 00:01 until 2011.
  const again = Array.from({ length: 12 }, (_, half) => end + (half + 1) * (hourMilliseconds / 2));
  const last = again.findLast((instant) => !isOver(instant));
  return Math.min(last === undefined ? end : between(last, last + hourMilliseconds / 2), lastInstant);
}

/** The earlier of two days. */
export function earlier(one: Day, other: Day): Day {
  return one < other ? one : other;
}
