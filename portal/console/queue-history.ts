/** The queue's figures since somebody began to look, as few as a chart needs. */
import type { QueueNow } from "../api/console-types.ts";

export interface Point {
  /** Milliseconds since 1970. */
  at: number;
  starting: number;
  waiting: number;
  /** Null: not known. */
  running: number | null;
}

export type Figure = "starting" | "waiting" | "running";
export const figures: readonly Figure[] = ["running", "starting", "waiting"];

/** More than a narrow chart has pixels. Even: so the newest is not among every second one that goes. */
export const mostPoints = 600;

/**
 * The points with this one at the end; an answer that was there before adds nothing. If there are too many, every second
 * one goes: the chart still begins where it began, and the older part gets coarser.
 */
export function withPoint(
  points: readonly Point[],
  { at: time, capacity }: Pick<QueueNow, "at" | "capacity">,
): readonly Point[] {
  const { starting, waiting, running } = capacity;
  const at = Date.parse(time);
  const last = points.at(-1);
  if (last && at <= last.at) return points;
  const more = [...points, { at, starting, waiting, running }];
  return more.length <= mostPoints ? more : more.filter((_, index) => index % 2 === 0);
}

export interface Extent {
  least: number;
  most: number;
  now: number | null;
}

/** Between which figures it was, and what it is now. Null if it was never known. */
export function extentOf(points: readonly Point[], figure: Figure): Extent | null {
  const known = points.flatMap((point) => point[figure] ?? []);
  if (known.length === 0) return null;
  return { least: Math.min(...known), most: Math.max(...known), now: points.at(-1)?.[figure] ?? null };
}

/** The time that a chart shows, in milliseconds since 1970: from the first point to the last, and a minute at least. */
export function spanOf(points: readonly Point[], now: number): [number, number] {
  const begin = points[0]?.at ?? now;
  return [begin, Math.max(points.at(-1)?.at ?? 0, begin + 60_000)];
}
