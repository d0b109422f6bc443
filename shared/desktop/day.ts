/** A whole day as `YYYY-MM-DD`; compares with `<` and `>` as text. */
export type Day = string;

/** Making one takes longer than a hundred uses of it, and the end of a day is found by many. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatIn(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-GB", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" });
    formats.set(timeZone, format);
  }
  return format;
}

/** The day it is at that instant in a time zone (IANA name). */
export function dayIn(timeZone: string, instant: Date): Day {
  const parts: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {};
  for (const { type, value } of formatIn(timeZone).formatToParts(instant)) parts[type] = value;
  return `${parts.year ?? ""}-${parts.month ?? ""}-${parts.day ?? ""}`;
}

/** The instant at which that day is over in a time zone: its clocks show midnight, or what they skip to. */
export function endOfDay(timeZone: string, day: Day): Date {
  const midnight = Date.parse(`${day}T00:00:00Z`) + 86_400_000;
  // Midnight comes 14 hours earlier than in Greenwich at the earliest, and 12 later at the latest; an hour to spare each.
  let [before, after] = [midnight - 15 * 3_600_000, midnight + 13 * 3_600_000];
  while (after - before > 1_000) {
    const middle = before + Math.floor((after - before) / 2_000) * 1_000;
    if (dayIn(timeZone, new Date(middle)) > day) after = middle;
    else before = middle;
  }
  return new Date(after);
}

/** The earlier of two days. */
export function earlier(one: Day, other: Day): Day {
  return one < other ? one : other;
}
