const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const dayAndClock = new Intl.DateTimeFormat("en-GB", {
  weekday: "long",
  day: "numeric",
  month: "long",
  hour: "2-digit",
  minute: "2-digit",
});

/** `30 June 2099` of `2099-06-30` */
export function onDay(date: string): string {
  return day.format(new Date(date));
}

/** `18:00`, or `Tuesday 24 November at 18:00` if that is not today. */
export function atTime(time: string, now: Date): string {
  const at = new Date(time);
  return at.toDateString() === now.toDateString() ? clock.format(at) : dayAndClock.format(at);
}

/** `40 seconds`, `3 minutes`, `2 hours` */
export function duration(seconds: number): string {
  const [amount, unit] =
    seconds < 120 ? [seconds, "second"] : seconds < 7_200 ? [seconds / 60, "minute"] : [seconds / 3_600, "hour"];
  const whole = Math.round(amount);
  return `${whole} ${unit}${whole === 1 ? "" : "s"}`;
}

/** `1st`, `12th`, `23rd` */
export function ordinal(number: number): string {
  const suffixes = { one: "st", two: "nd", few: "rd", other: "th", zero: "th", many: "th" };
  return `${number}${suffixes[ordinals.select(number)]}`;
}
const ordinals = new Intl.PluralRules("en", { type: "ordinal" });
