import { isRecord } from "./app-files.ts";

/** A part of host.json. Keys are case-insensitive, as in .NET's configuration. */
export interface Section {
  readonly name: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Returns a section of `parent`; empty if it is absent. Throws one sentence if it is not an object. */
export function section(parent: Section, key: string): Section {
  const value = get(parent, key) ?? {};
  if (isRecord(value)) return { name: fullName(parent, key), values: value };
  throw invalid(parent, key, "is not an object", "make it one");
}

export function text(parent: Section, key: string, otherwise: string): string {
  const value = get(parent, key) ?? otherwise;
  if (typeof value === "string") return value;
  throw invalid(parent, key, "is not a string", "put it in quotes");
}

export function flag(parent: Section, key: string, otherwise: boolean): boolean {
  const given = get(parent, key) ?? otherwise;
  if (typeof given === "boolean") return given;
  const value = typeof given === "string" ? given.toLowerCase() : "";
  if (value === "true" || value === "false") return value === "true";
  throw invalid(parent, key, "is neither true nor false", "correct it");
}

/** Reads one of an enumeration's names, in any case. */
export function choice<const Name extends string>(
  parent: Section,
  key: string,
  names: readonly Name[],
  otherwise: Name,
): Name {
  const value = get(parent, key) ?? otherwise;
  const found = names.find((name) => typeof value === "string" && name.toLowerCase() === value.toLowerCase());
  if (found !== undefined) return found;
  throw invalid(parent, key, `is not one of ${names.join(", ")}`, "use one of them");
}

/** Reads a whole number from 1 to `most`, or -1 if that means no limit; as a number or a string. */
export function count(
  parent: Section,
  key: string,
  otherwise: number,
  { most = Infinity, orMinusOne = false }: { most?: number; orMinusOne?: boolean } = {},
): number {
  const given = get(parent, key) ?? otherwise;
  const value = typeof given === "string" && given.trim() === "" ? NaN : Number(given);
  if (Number.isInteger(value) && value > 0 && value <= most) return value;
  if (orMinusOne && value === -1) return value;
  const range = most === Infinity ? "above 0" : `from 1 to ${most}`;
  throw invalid(parent, key, `is not a whole number ${range}`, "correct it");
}

/** Reads a .NET TimeSpan, `[d.]hh:mm[:ss[.fffffff]]`, in milliseconds. */
export function timeSpan(
  parent: Section,
  key: string,
  otherwise: string,
  { least = 0, most = Infinity }: { least?: number; most?: number } = {},
): number {
  const value = get(parent, key) ?? otherwise;
  const milliseconds = typeof value === "string" ? parseTimeSpan(value) : undefined;
  if (milliseconds === undefined) throw invalid(parent, key, "is not a time as hh:mm:ss", "correct it");
  if (milliseconds > 0 && milliseconds >= least && milliseconds <= most) return milliseconds;
  const range = most === Infinity ? "above zero" : `from ${least / minute} to ${most / minute} minutes`;
  throw invalid(parent, key, `is not ${range}`, "the real host would not start with it; correct it");
}

export const minute = 60_000;

function parseTimeSpan(value: string): number | undefined {
  const found = /^(?:(\d+)\.)?([01]?\d|2[0-3]):([0-5]?\d)(?::([0-5]?\d(?:\.\d{1,7})?))?$/.exec(value.trim());
  if (!found) return undefined;
  const [days = "0", hours, minutes, seconds = "0"] = found.slice(1);
  return ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * minute + Number(seconds) * 1_000;
}

function get({ values }: Section, key: string): unknown {
  const wanted = key.toLowerCase();
  const found = Object.keys(values).find((each) => each.toLowerCase() === wanted);
  return found === undefined ? undefined : values[found];
}

function fullName({ name }: Section, key: string): string {
  return name === "" ? key : `${name}.${key}`;
}

function invalid(parent: Section, key: string, reason: string, advice: string): Error {
  const value = get(parent, key);
  const shown = isRecord(value) || Array.isArray(value) ? "it" : JSON.stringify(value);
  return new Error(`read host.json: ${fullName(parent, key)}: ${shown} ${reason} (${advice})`);
}
