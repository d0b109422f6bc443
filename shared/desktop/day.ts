/** A whole day as `YYYY-MM-DD`; compares with `<` and `>` as text. */
export type Day = string;

/** The day it is at that instant in a time zone (IANA name). */
export function dayIn(timeZone: string, instant: Date): Day {
  const parts = new Intl.DateTimeFormat("en-GB", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" })
    .formatToParts(instant)
    .reduce<Record<string, string>>((found, { type, value }) => ({ ...found, [type]: value }), {});
  return `${parts["year"] ?? ""}-${parts["month"] ?? ""}-${parts["day"] ?? ""}`;
}

/** The earlier of two days. */
export function earlier(one: Day, other: Day): Day {
  return one < other ? one : other;
}
