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
/** Fewer starts say nothing. */
const fewest = 5;

/** The starts with more of them; the oldest, and images that are no longer started, are forgotten. */
export function addStarts(times: StartTimes, more: StartTimes, now: Date): StartTimes {
  const since = new Date(now.getTime() - keptMilliseconds).toISOString();
  const images = new Set([...Object.keys(times), ...Object.keys(more)]);
  const merged = [...images].map((image) => {
    const all = [...startsOf(times, image), ...startsOf(more, image)].filter(({ at }) => at >= since);
    return [image, all.sort((one, other) => one.at.localeCompare(other.at)).slice(-keptPerImage)] as const;
  });
  const newest = (starts: readonly Start[]) => starts.at(-1)?.at ?? "";
  const kept = merged
    .filter(([, starts]) => starts.length > 0)
    .sort(([, one], [, other]) => newest(other).localeCompare(newest(one)))
    .slice(0, keptImages);
  return Object.fromEntries(kept);
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
  const at = (share: number) => seconds[Math.min(Math.ceil(seconds.length * share), seconds.length) - 1] ?? 0;
  return { half: at(0.5), most: at(0.95) };
}

/**
 * How many starts end in a second, by the newest of all images; undefined if too few ended lately. They count from when the
 * first of them began: starts that begin together end together.
 */
export function startsPerSecond(times: StartTimes, now: Date): number | undefined {
  const ended = Object.values(times)
    .flat()
    .map(({ at, seconds }) => ({ end: Date.parse(at), begin: Date.parse(at) - seconds * 1_000 }))
    .filter(({ end }) => now.getTime() - end < recentMilliseconds)
    .sort((one, other) => one.end - other.end)
    .slice(-keptPerImage);
  const last = ended.at(-1);
  if (ended.length < fewestForRate || !last) return undefined;
  const first = Math.min(...ended.map(({ begin }) => begin));
  return last.end === first ? undefined : (ended.length * 1_000) / (last.end - first);
}

const recentMilliseconds = 60_000;
const fewestForRate = 10;

/** When somebody who waits is likely to have their desktop, in seconds from now. */
export interface Expected {
  fromSeconds: number;
  toSeconds: number;
}

/** @param place how many are started before, this person included */
export function expectReady(
  place: number,
  perSecond: number | undefined,
  estimate: Estimate | undefined,
): Expected | undefined {
  if (perSecond === undefined || !estimate) return undefined;
  const middle = place / perSecond + estimate.half;
  return { fromSeconds: Math.floor(middle * 0.75), toSeconds: Math.ceil(middle * 1.25) };
}

/** Why an image is not started now, and when it is tried again; null if nothing speaks against it. */
export function imageFault(times: StartTimes, image: string, now: Date): { reason: string; until: string } | null {
  const newest = startsOf(times, image).at(-1);
  if (!isDoubtful(times, image) || newest === undefined) return null;
  const until = new Date(Date.parse(newest.at) + restMilliseconds);
  return now < until ? { reason: newest.failed ?? "", until: until.toISOString() } : null;
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
