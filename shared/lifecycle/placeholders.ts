/** When how many places for desktops are kept free: on these days of the week, from and to these minutes of the day. */
export interface PlaceholderWindow {
  days: readonly Weekday[];
  /** Minutes since midnight, by the clocks of the time zone: the first that counts, and the first that no longer does. */
  from: number;
  to: number;
  timeZone: string;
  count: number;
}

const weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;
type Weekday = (typeof weekdays)[number];

/** More would be a mistake in the schedule: each takes the place of a desktop. */
const mostPlaceholders = 1_000;

const example = "Mon-Fri 08:15-10:00 Europe/London: 8";

/** Reads windows, separated by `;`: `Mon-Fri 08:15-10:00 Europe/London: 8`. Nothing is no window. */
export function parsePlaceholders(text: string): PlaceholderWindow[] | { fault: string } {
  const windows: PlaceholderWindow[] = [];
  for (const item of text.split(";").map((each) => each.trim().replaceAll("–", "-"))) {
    if (item === "") continue;
    const window = parseWindow(item);
    if ("fault" in window) return window;
    windows.push(window);
  }
  return windows;
}

function parseWindow(item: string): PlaceholderWindow | { fault: string } {
  const found = /^(?<days>[A-Za-z,-]+)\s+(?<from>\S+?)\s*-\s*(?<to>\S+)\s+(?<zone>[\w/+-]+)\s*:\s*(?<count>\d+)$/.exec(
    item,
  );
  if (!found?.groups) return { fault: `has a window that cannot be read (write ${example}; several with ;)` };
  const { days: dayText = "", from: fromText = "", to: toText = "", zone = "", count: countText = "" } = found.groups;
  const days = parseDays(dayText);
  const [from, to] = [minuteOf(fromText), minuteOf(toText)];
  if (!days) return { fault: "names a day that is none (Mon, Tue, Wed, Thu, Fri, Sat, Sun; Mon-Fri or Mon,Wed)" };
  if (from === undefined || to === undefined) return { fault: "has a time that is none (00:00 to 24:00)" };
  if (from >= to) return { fault: "has a window that ends before it begins (write one for each day)" };
  if (!isTimeZone(zone)) return { fault: "names a time zone that is none (for example Europe/London)" };
  const count = Number(countText);
  if (count > mostPlaceholders) return { fault: `keeps more than ${mostPlaceholders} places free` };
  return { days, from, to, timeZone: zone, count };
}

function parseDays(text: string): Weekday[] | undefined {
  const days: Weekday[] = [];
  for (const part of text.split(",")) {
    const [first, last = first, ...more] = part.split("-").map((name) => weekdays.findIndex((each) => each === name));
    if (first === undefined || last === undefined || first < 0 || last < first || more.length > 0) return undefined;
    days.push(...weekdays.slice(first, last + 1));
  }
  return days;
}

function minuteOf(text: string): number | undefined {
  const found = /^(\d\d):(\d\d)$/.exec(text);
  const [hours, minutes] = [Number(found?.[1]), Number(found?.[2])];
  const minute = hours * 60 + minutes;
  return found && minutes < 60 && minute <= 24 * 60 ? minute : undefined;
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false; // the constructor is the only test there is: it throws for unknown names
  }
}

/** How many places are to be kept free at that instant. Where windows overlap, the largest number counts. */
export function placeholdersAt(windows: readonly PlaceholderWindow[], now: Date): number {
  const counts = windows.filter((window) => isWithin(window, now)).map(({ count }) => count);
  return Math.max(0, ...counts);
}

function isWithin({ days, from, to, timeZone }: PlaceholderWindow, now: Date): boolean {
  const parts: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {};
  const shown = { weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
  for (const { type, value } of new Intl.DateTimeFormat("en-GB", { timeZone, ...shown }).formatToParts(now))
    parts[type] = value;
  const minute = Number(parts.hour) * 60 + Number(parts.minute);
  return days.some((day) => day === parts.weekday) && minute >= from && minute < to;
}
