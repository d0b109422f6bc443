import { z } from "zod";
import { ProductError } from "../../shared/errors.ts";
import type { Rank } from "../../shared/lifecycle/worst-first.ts";

/** A place in the list of desktops, which is ordered by the names of their Deployments. */
export interface Place {
  /** The API server's own place, which it knows for some minutes; undefined is the start. */
  from?: string | undefined;
  /** The name of the last one that was shown; nothing up to it is shown again. */
  after: string;
}

const startOfList: Place = { after: "" };

const written = z.strictObject({ from: z.string().optional(), after: z.string() });
const writtenRank = z.strictObject({ worst: z.tuple([z.int(), z.string(), z.string()]) });

/** The id of a desktop, which `next` was before release 1.2. */
const idAlone = /^[0-9a-f]{32}$/;

/** A place as callers get and return it, or an id alone. */
export const placeInList = z
  .string()
  .max(4_000)
  .regex(/^[A-Za-z0-9_-]+$/)
  .refine((text) => idAlone.test(text) || isWritten(text), "it is `next` of the previous page, as the API returned it");

function isWritten(text: string): boolean {
  return [written, writtenRank].some((schema) => schema.safeParse(jsonIn(text)).success);
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString());
  } catch {
    return undefined;
  }
}

/** Takes what `placeInList` lets through; an id alone stands for the names up to it. Throws if it is a place in the other order. */
export function parsePlace(text: string | undefined): Place {
  if (text === undefined) return startOfList;
  if (idAlone.test(text)) return { after: text };
  const place = written.safeParse(jsonIn(text)).data;
  if (!place) throw new ProductError("malformed-parameter", "read after: it is `next` of a page with the same `sort`");
  return place;
}

export function formatPlace({ from, after }: Place): string {
  return Buffer.from(JSON.stringify({ from, after })).toString("base64url");
}

/** A place in the list that begins with the worst; undefined if the text is none. */
export function parseRank(text: string | undefined): Rank | undefined {
  return text === undefined ? undefined : writtenRank.safeParse(jsonIn(text)).data?.worst;
}

export function formatRank(rank: Rank): string {
  return Buffer.from(JSON.stringify({ worst: rank })).toString("base64url");
}
