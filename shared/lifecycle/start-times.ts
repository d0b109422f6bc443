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
  /** The cluster's words, if the image does not start. */
  failed: z.string().optional(),
});
export type Start = z.output<typeof startSchema>;

/** The last starts of each image, the newest last. */
export const startTimesSchema = z.record(z.string(), z.array(startSchema).readonly()).readonly();
export type StartTimes = z.output<typeof startTimesSchema>;

/** Enough for a 95th percentile that one slow start does not decide, few enough for one small object. */
const keptPerImage = 40;
const keptImages = 50;
const keptMilliseconds = 14 * 24 * 60 * 60_000;
/** More than the clocks of an estate's hosts differ. */
const toleranceMilliseconds = 2 * 60_000;
/** Fewer starts say nothing. */
const fewest = 5;

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
    return [image, all.sort(byTime).slice(-keptPerImage)] as const;
  });
  const newest = (starts: readonly Start[]) => starts.at(-1)?.at ?? "";
  const kept = merged
    .filter(([, starts]) => starts.length > 0)
    .sort(([name, one], [otherName, other]) => compare(newest(other), newest(one)) || compare(name, otherName))
    .slice(0, keptImages);
  return Object.fromEntries(kept);
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
    .filter((start) => start.failed === undefined && (kind === undefined || start.kind === kind))
    .map((start) => start.seconds)
    .sort((one, other) => one - other);
  if (seconds.length < fewest) return undefined;
  const within = (percent: number) => seconds[Math.ceil((seconds.length * percent) / 100) - 1] ?? 0;
  return { half: within(50), most: within(95) };
}

/** A start that is under way, and goes on until its desktop is ready. */
export interface UnderWay {
  image?: string | undefined;
  admittedAt?: string | undefined;
}

/** When somebody who waits is likely to have their desktop, in seconds from now. */
export interface Expected {
  fromSeconds: number;
  toSeconds: number;
}

/**
 * When a start in the queue is likely to be ready: those that are under way end one after the other, and each makes room for
 * the next in the queue. Undefined if too few starts of the image are known, or nothing starts.
 *
 * @param place how many are started before, this person included
 * @param startsAtOnce as many start as soon as those are admitted who may
 */
export function expectReady(
  place: number,
  image: string,
  { underWay, startsAtOnce }: { underWay: readonly UnderWay[]; startsAtOnce: number },
  times: StartTimes,
  now: Date,
): Expected | undefined {
  const own = estimateNow(times, image);
  if (!own || underWay.length === 0) return undefined;
  const images = new Set(underWay.map((start) => start.image));
  const usually = new Map([...images].map((each) => [each, each === undefined ? own : estimateNow(times, each)]));
  const left = underWay.map((start) => {
    const since = start.admittedAt === undefined ? now : new Date(start.admittedAt);
    return secondsLeft(usually.get(start.image) ?? own, since, now);
  });
  while (left.length < startsAtOnce) left.push(own.half);
  const middle = beginsIn(place, left, own.half) + own.half;
  return { fromSeconds: Math.floor(middle * 0.75), toSeconds: Math.ceil(middle * 1.25) };
}

/** In how many seconds so many starts have ended, if each that ends is followed by one of this length. */
function beginsIn(place: number, left: readonly number[], half: number): number {
  const each = Math.max(half, shortestSeconds);
  const endedIn = (seconds: number) =>
    left.reduce((ended, first) => ended + (first > seconds ? 0 : Math.floor((seconds - first) / each) + 1), 0);
  let [early, late] = [0, Math.max(...left) + place * each];
  if (endedIn(early) >= place) return early;
  while (late - early > exactSeconds) {
    const between = (early + late) / 2;
    if (endedIn(between) >= place) late = between;
    else early = between;
  }
  const ends = left.filter((first) => first <= late).map((first) => first + Math.floor((late - first) / each) * each);
  return Math.max(...ends);
}

const shortestSeconds = 0.1;
const exactSeconds = 1e-6;

/**
 * How long starts take now, by the newest of those that began after another one had ended. The first of a morning begin
 * together, when everything is busy: they take longer than those that follow, and say nothing of them. A queue moves by the
 * mean; without the fastest and the slowest quarter, so that one that hung does not count.
 */
function estimateNow(times: StartTimes, image: string): Estimate | undefined {
  const usual = estimateStart(times, image);
  const all = startsOf(times, image).filter(({ failed }) => failed === undefined);
  const firstEnd = Math.min(...all.map(({ at }) => Date.parse(at)));
  const followers = all.filter(({ at, seconds }) => Date.parse(at) - seconds * 1_000 >= firstEnd);
  if (!usual || followers.length < fewest) return undefined;
  const newest = followers.slice(-newestStarts).map(({ seconds }) => seconds);
  const quarter = Math.floor(newest.length / 4);
  const middle = newest.sort((one, other) => one - other).slice(quarter, newest.length - quarter);
  return { half: middle.reduce((sum, each) => sum + each, 0) / middle.length, most: usual.most };
}

/** Few enough to tell a change soon, and enough for a mean. */
const newestStarts = 20;

/** One that takes longer than half of all is likely to end between now and the time within which nearly all end. */
function secondsLeft({ half, most }: Estimate, since: Date, now: Date): number {
  const seconds = Math.max((now.getTime() - since.getTime()) / 1_000, 0);
  return seconds < half ? half - seconds : Math.max((most - seconds) / 2, 0);
}

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
  const last = startsOf(times, image).slice(-failuresInARow);
  return last.length === failuresInARow && last.every(({ failed }) => failed !== undefined);
}

/** One person's start may fail by chance; the same image three times in a row does not. */
const failuresInARow = 3;
/** After this time one more start shows if the image is well again. */
const restMilliseconds = 60_000;

function startsOf(times: StartTimes, image: string): readonly Start[] {
  return Object.hasOwn(times, image) ? (times[image] ?? []) : [];
}
