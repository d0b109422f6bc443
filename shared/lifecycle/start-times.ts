import { z } from "zod";
import { instant, stored } from "../desktop/stored.ts";

/** Where the time of a start goes: the image was on the node, it had to be pulled, or a node had to come first. */
export const startKinds = ["on-node", "pulled", "new-node"] as const;
export type StartKind = (typeof startKinds)[number];

const startSchema = stored({
  /** When the desktop was ready, or the start failed. */
  at: instant,
  /** From admission until then. */
  seconds: z.number().nonnegative(),
  kind: z.enum(startKinds).optional(),
  /** It waited in the queue until another one had ended. */
  waited: z.boolean().optional(),
  /** The cluster's words, if the image does not start. */
  failed: z.string().optional(),
  /** Stands for the person whose start failed. */
  person: z.string().optional(),
});
export type Start = z.output<typeof startSchema>;

/** The last starts of each image, and the last that waited, the newest last. */
export const startTimesSchema = z.record(z.string(), z.array(startSchema).readonly()).readonly();
export type StartTimes = z.output<typeof startTimesSchema>;

/** Enough for a 95th percentile that one slow start does not decide, few enough for one small object. */
const keptPerImage = 40;
/** Those that waited are kept until the next queue. They are more than start at once, usually, and few enough to tell a change soon. */
const keptOfQueue = 40;
const keptImages = 50;
const keptMilliseconds = 14 * 24 * 60 * 60_000;
/** More than the clocks of an estate's hosts differ. */
const toleranceMilliseconds = 2 * 60_000;
/** Fewer starts say nothing. */
const fewest = 5;
/** The first of a queue that end are the quickest of those that began together. */
const fewestOfQueue = 10;

/**
 * The starts with more of them; the oldest, and images that are no longer started, are forgotten. So are those in the future,
 * which were noted before the clock was put back: they would be the newest until then, whatever starts meanwhile.
 */
export function addStarts(times: StartTimes, more: StartTimes, now: Date): StartTimes {
  const since = new Date(now.getTime() - keptMilliseconds).toISOString();
  const until = new Date(now.getTime() + toleranceMilliseconds).toISOString();
  const images = new Set([...Object.keys(times), ...Object.keys(more)]);
  const merged = [...images].map((image) => {
    const all = [...startsOf(times, image), ...startsOf(more, image)].filter(({ at }) => at >= since && at <= until);
    return [image, newestOf(all.sort(byTime))] as const;
  });
  const newest = (starts: readonly Start[]) => starts.at(-1)?.at ?? "";
  const kept = merged
    .filter(([, starts]) => starts.length > 0)
    .sort(([name, one], [otherName, other]) => compare(newest(other), newest(one)) || compare(name, otherName))
    .slice(0, keptImages);
  return Object.fromEntries(kept);
}

/** @param starts the newest last */
function newestOf(starts: readonly Start[]): Start[] {
  const kept = new Set([...starts.filter(showsQueue).slice(-keptOfQueue), ...failuresOfPeople(starts)]);
  return starts.filter((start, index) => index >= starts.length - keptPerImage || kept.has(start));
}

/** The newest failure of each of the last people whose starts failed, since one was ready. Who tries often hides nobody. */
function failuresOfPeople(starts: readonly Start[]): Start[] {
  const failures: Start[] = [];
  const people = new Set<string>();
  for (let index = starts.length - 1; index >= 0 && failures.length < failedPeople; index -= 1) {
    const start = starts[index];
    if (start?.failed === undefined) break;
    // Earlier releases noted no person.
    if (start.person !== undefined && people.has(start.person)) continue;
    if (start.person !== undefined) people.add(start.person);
    failures.push(start);
  }
  return failures;
}

/** True if it shows how a queue moves. */
function showsQueue({ waited, failed }: Start): boolean {
  return waited === true && failed === undefined;
}

/** The same order whoever adds them: what one process wrote and another read is merged in any order. */
function byTime(one: Start, other: Start): number {
  return compare(one.at, other.at) || compare(JSON.stringify(one), JSON.stringify(other));
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

/** In how many seconds half, and 95 %, of the last starts were ready; undefined if there were too few. */
export interface Estimate {
  half: number;
  most: number;
}

/** @param kind if it is known; else all starts of the image count */
export function estimateStart(times: StartTimes, image: string, kind?: StartKind): Estimate | undefined {
  const seconds = startsOf(times, image)
    .slice(-keptPerImage)
    .filter((start) => start.failed === undefined && (kind === undefined || start.kind === kind))
    .map((start) => start.seconds)
    .sort((one, other) => one - other);
  if (seconds.length < fewest) return undefined;
  const within = (percent: number) => seconds[Math.ceil((seconds.length * percent) / 100) - 1] ?? 0;
  return { half: within(50), most: within(95) };
}

/** What is known of a queue, at the time when it was read. */
export interface QueueMoving {
  at: Date;
  startsAtOnce: number;
  /** The image of each start that is under way, as far as it is known. */
  underWay: readonly (string | undefined)[];
}

/** When somebody who waits is likely to have their desktop, in seconds from now. */
export interface Expected {
  fromSeconds: number;
  toSeconds: number;
}

/**
 * When a start in the queue is likely to be ready. The queue moves by as many places in the time of a start as there are
 * starts at once (Little's law). Undefined if too few starts of the image are known that waited, or nothing starts.
 *
 * @param place how many are started before, this person included
 */
export function expectReady(
  place: number,
  image: string,
  { at, startsAtOnce, underWay }: QueueMoving,
  times: StartTimes,
  now: Date,
): Expected | undefined {
  const own = usualInQueue(times, image);
  if (own === undefined || underWay.length === 0) return undefined;
  const images = new Set(underWay);
  const usually = new Map([...images].map((each) => [each, each === undefined ? own : usualInQueue(times, each)]));
  const beside = mean(underWay.map((each) => usually.get(each) ?? own));
  const since = Math.max((now.getTime() - at.getTime()) / 1_000, 0);
  const middle = Math.max((place / startsAtOnce) * beside + own - since, 0);
  return { fromSeconds: Math.floor(middle * 0.75), toSeconds: Math.ceil(middle * 1.25) };
}

/**
 * How long starts take while a queue moves, in seconds, by the newest that waited themselves. The first of a morning begin
 * together, when everything is busy: they take longer, and say nothing of those that follow. A queue moves by the
 * mean; without the fastest and the slowest quarter, so that one that hung does not count.
 */
function usualInQueue(times: StartTimes, image: string): number | undefined {
  const newest = startsOf(times, image).filter(showsQueue).slice(-keptOfQueue);
  if (newest.length < fewestOfQueue) return undefined;
  const quarter = Math.floor(newest.length / 4);
  const seconds = newest.map((start) => start.seconds).sort((one, other) => one - other);
  return mean(seconds.slice(quarter, seconds.length - quarter));
}

const mean = (figures: readonly number[]) => figures.reduce((sum, each) => sum + each, 0) / figures.length;

/** Why an image is not started now, and when it is tried again; null if nothing speaks against it. */
export function imageFault(times: StartTimes, image: string, now: Date): { reason: string; until: string } | null {
  const newest = startsOf(times, image).at(-1);
  if (!isDoubtful(times, image) || newest === undefined) return null;
  const until = new Date(Date.parse(newest.at) + restMilliseconds);
  return now < until ? { reason: newest.failed ?? "", until: until.toISOString() } : null;
}

/** How the last starts of an image went. */
export interface ImageStarts {
  image: string;
  starts: number;
  failed: number;
  estimate: Estimate | undefined;
  lastAt: string;
  /** Set if the last starts failed; `until`: before then nobody tries. */
  fault: { reason: string; until: string | undefined } | undefined;
}

/** The same of each image, those at fault first. */
export function describeImages(times: StartTimes, now: Date): ImageStarts[] {
  return Object.entries(times)
    .flatMap(([image, starts]): ImageStarts[] => {
      const last = starts.at(-1);
      if (!last) return [];
      const failed = starts.filter((start) => start.failed !== undefined).length;
      const fault = isDoubtful(times, image)
        ? { reason: last.failed ?? "", until: imageFault(times, image, now)?.until }
        : undefined;
      return [{ image, starts: starts.length, failed, estimate: estimateStart(times, image), lastAt: last.at, fault }];
    })
    .sort(
      (one, other) =>
        Number(one.fault === undefined) - Number(other.fault === undefined) || compare(one.image, other.image),
    );
}

/** The images that did not start the last times. */
export function doubtfulImages(times: StartTimes): ReadonlySet<string> {
  return new Set(Object.keys(times).filter((image) => isDoubtful(times, image)));
}

function isDoubtful(times: StartTimes, image: string): boolean {
  return failuresOfPeople(startsOf(times, image)).length === failedPeople;
}

/** One person's starts may fail for what is theirs alone; those of three people in a row do not. */
const failedPeople = 3;
/** After this time one more start shows if the image is well again. */
const restMilliseconds = 60_000;

function startsOf(times: StartTimes, image: string): readonly Start[] {
  return Object.hasOwn(times, image) ? (times[image] ?? []) : [];
}
