import { z } from "zod";

/** A place in the list of desktops, which is ordered by the names of their Deployments. */
export interface Place {
  /** The API server's own place, which it knows for some minutes; undefined is the start. */
  from?: string | undefined;
  /** The name of the last one that was shown; nothing up to it is shown again. */
  after: string;
}

const startOfList: Place = { after: "" };

const written = z.strictObject({ from: z.string().optional(), after: z.string() });

/** A place as callers get and return it. The id of a desktop is one, too: `next` was that before release 1.2. */
export const placeInList = z
  .string()
  .max(4_000)
  .regex(/^[A-Za-z0-9_-]+$/, "it is `next` of the previous page, as the API returned it");

/** A text that is no place that the API returned stands for itself: the list goes on behind the names up to it. */
export function parsePlace(text: string | undefined): Place {
  if (text === undefined) return startOfList;
  try {
    return written.parse(JSON.parse(Buffer.from(text, "base64url").toString()));
  } catch {
    return { after: text };
  }
}

export function formatPlace({ from, after }: Place): string {
  return Buffer.from(JSON.stringify({ from, after })).toString("base64url");
}
