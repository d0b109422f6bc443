import type { Starts } from "./morning-cluster.ts";
import type { Visit } from "./morning-people.ts";

/** What happened on a morning. */
export interface Morning {
  visits: readonly Visit[];
  seconds: number;
  /** CPU of the product's process; null if it was killed in between. */
  cpuSeconds: number | null;
  /** What the product asked the API server for, watches included. */
  requests: number;
  starts: Starts;
  /** By person: Deployments that run, and connections that they may open. */
  desktops: ReadonlyMap<string, readonly [number, number]>;
}

interface Expected {
  people: number;
  startsAtOnce: number;
  faults?: boolean;
}

/** Two who ask, or are served, so close together may be so in either order. */
const togetherMilliseconds = 1_000;

/** What must not be, in words. */
export function judge({ people, startsAtOnce, faults }: Expected, morning: Morning): string[] {
  const { visits, starts, desktops } = morning;
  const wrong: string[] = [];
  const failed = visits.filter(({ end }) => end !== "done");
  for (const { username, end } of failed.slice(0, 5)) wrong.push(`${username}: ${end}`);
  if (failed.length > 5) wrong.push(`and ${failed.length - 5} more got no desktop`);
  const single = visits.filter(({ username }) => {
    const [deployments, connections] = desktops.get(username) ?? [0, 0];
    return deployments === 1 && connections === 1;
  });
  if (single.length !== people) wrong.push(`${people - single.length} people do not have exactly one desktop`);
  if (starts.mostAtOnce > startsAtOnce) wrong.push(`${starts.mostAtOnce} desktops started at once`);
  if (faults) return wrong;
  const refused = visits.flatMap(({ refusals }) => refusals);
  if (refused.length > 0) wrong.push(`refused: ${count(refused)}`);
  const overtaken = overtakers(morning);
  if (overtaken > 0) wrong.push(`${overtaken} people were overtaken`);
  return wrong;
}

/** The 95th percentile of the answers to PUT, in milliseconds. */
export function slowPut({ visits }: Morning): number {
  return at(0.95, putTimes(visits));
}

/** How wrong the told times were, as a share of the time that it took: the 90th percentile, of a morning on which some were told. */
export function wrongTimes({ visits }: Morning): number[] {
  const errors = etaErrors(visits);
  return errors.length > 0 ? [at(0.9, errors)] : [];
}

export function tell(name: string, { people, startsAtOnce }: Expected, morning: Morning): void {
  const { visits, seconds, cpuSeconds, requests, starts } = morning;
  const ready = visits.map(({ readyAt, atMilliseconds }) => (readyAt === null ? Infinity : readyAt - atMilliseconds));
  const errors = etaErrors(visits);
  const calls = visits.reduce((sum, each) => sum + each.calls, 0);
  const lines: [string, string][] = [
    ["people, starts at once", `${people}, ${startsAtOnce}`],
    ["got a desktop", String(visits.filter(({ end }) => end === "done").length)],
    ["answers to PUT, p50 / p95 / max", times(putTimes(visits))],
    ["until ready, p50 / p95 / max", times(ready)],
    ["whole morning", `${seconds.toFixed(1)} s`],
    ["most starting at once", String(starts.mostAtOnce)],
    ["overtaken", String(overtakers(morning))],
    ["refusals", count(visits.flatMap(({ refusals }) => refusals)) || "none"],
    ["calls that broke off", String(visits.reduce((sum, { broken }) => sum + broken, 0))],
    ["told a place / a time", `${visits.filter(({ places }) => places.length > 0).length} / ${errors.length}`],
    [
      "error of the time, p50 / p90",
      errors.length > 0 ? `${percent(at(0.5, errors))} / ${percent(at(0.9, errors))}` : "-",
    ],
    ["calls of the API a person", (calls / people).toFixed(1)],
    ["requests to the API server a person", (requests / people).toFixed(1)],
    ["CPU of the product a person", cpuSeconds === null ? "-" : `${((cpuSeconds / people) * 1_000).toFixed(0)} ms`],
  ];
  process.stdout.write(`\nmorning ${name}\n`);
  for (const [what, figure] of lines) process.stdout.write(`  ${what.padEnd(38)}${figure}\n`);
}

/**
 * People whose desktop was begun clearly before that of somebody who had asked clearly earlier. All who fit in are admitted
 * together, and then one is a moment quicker than the other.
 */
function overtakers({ visits, starts }: Morning): number {
  const begun = visits.flatMap(({ username, requestedAt }) => {
    const at = starts.begun.get(username);
    return at === undefined ? [] : [{ askedAt: requestedAt, begunAt: at }];
  });
  return begun.filter((one) =>
    begun.some(
      (other) =>
        other.askedAt < one.askedAt - togetherMilliseconds && other.begunAt > one.begunAt + togetherMilliseconds,
    ),
  ).length;
}

/** How wrong the middle of the told range was, as a share of the time that it really took. */
function etaErrors(visits: readonly Visit[]): number[] {
  return visits.flatMap(({ told, readyAt }) => {
    if (!told || readyAt === null) return [];
    const took = readyAt - told.at;
    return [Math.abs((told.from + told.to) / 2 - took) / took];
  });
}

const putTimes = (visits: readonly Visit[]) => visits.map(({ putMilliseconds }) => putMilliseconds);

function at(share: number, figures: readonly number[]): number {
  const sorted = figures.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

function times(figures: readonly number[]): string {
  return [0.5, 0.95, 1].map((share) => `${(at(share, figures) / 1_000).toFixed(2)} s`).join(" / ");
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}

/** `3 x PUT 503, 1 x GET 429` */
function count(words: readonly string[]): string {
  const kinds = [...new Set(words)].sort();
  return kinds.map((kind) => `${words.filter((each) => each === kind).length} x ${kind}`).join(", ");
}
